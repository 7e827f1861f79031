#!/bin/sh
# Lint, then the tests on SQLite, then on PostgreSQL where PENNYWHISTLE_TEST_DATABASE_URL names one.
# Everything runs even where something before it failed; the last line is pytest's own.
#
#     sh scripts/test.sh           everything but the long searches
#     sh scripts/test.sh soak      the searches marked `soak` in full, then the property tests,
#                                  SOAK_ROUNDS (20) times over
set -u
unset CDPATH
cd -- "$(dirname -- "$0")/.." || exit 1
python=.venv/bin/python

# Where the promise is that everything is tested, something missing is a failure.
if [ "${CI:-}" = true ]; then
    $python -m tests.needs || exit 1
fi

# Settings of a store that this shell may carry are none of the tests' business.
test_database=${PENNYWHISTLE_TEST_DATABASE_URL:-}
for name in $(env | sed -n 's/^\(PENNYWHISTLE_[A-Z_]*\)=.*/\1/p'); do
    unset "$name"
done

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
export CHECKS_FAILED="$scratch/checks-failed"
status=0

# Round after round of every property test, each with a seed of its own. A round that fails names
# its seed, and `pytest -m hypothesis --hypothesis-seed=SEED` replays it.
if [ "${1:-}" = soak ]; then
    echo "== long searches"
    SOAK=yes $python -m pytest -q -m soak || exit 1
    for seed in $(seq 1 "${SOAK_ROUNDS:-20}"); do
        echo "== property tests, seed $seed"
        $python -m pytest -q -m hypothesis --hypothesis-seed="$seed" || exit 1
    done
    exit 0
fi

sh scripts/lint.sh || status=1

workers=$(nproc 2>/dev/null || echo 1)
[ "$workers" -le 4 ] || workers=4
run_tests() {
    $python -m pytest -n "$workers" --dist loadfile "$@" || status=1
}

echo "== tests on SQLite"
if [ -z "$test_database" ]; then
    run_tests
    exit $status
fi
POSTGRESQL_FOLLOWS=yes run_tests

echo "== tests on PostgreSQL"
export PENNYWHISTLE_TEST_DATABASE_URL="$test_database"
run_tests -m 'not slow'
exit $status

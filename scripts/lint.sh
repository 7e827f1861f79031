#!/bin/sh
# Every check that reads the code and does not run it. All of them run; the names of those that
# failed go to the file named by CHECKS_FAILED, if it is set.
set -u
unset CDPATH
cd -- "$(dirname -- "$0")/.." || exit 1

failed=
check() {
    name=$1
    shift
    echo "== $name"
    "$@" || failed="$failed$name
"
}

check 'ruff check' .venv/bin/python -m ruff check .
check 'ruff format' .venv/bin/python -m ruff format --check .
check 'import contracts' .venv/bin/lint-imports --no-cache --no-logo
check 'mypy' .venv/bin/python -m mypy src tests bench conftest.py

[ -z "${CHECKS_FAILED:-}" ] || printf '%s' "$failed" >"$CHECKS_FAILED"
[ -z "$failed" ] || { printf 'Failed:\n%s' "$failed"; exit 1; }

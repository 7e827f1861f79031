#!/bin/sh
# Pins requirements/*.in into *.txt with hashes, by uv in an environment that is thrown away.
# Extra arguments go to uv: `sh scripts/lock.sh --upgrade-package django`.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."
sh scripts/setup.sh run

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
.venv/bin/python -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check uv

compile() {
    "$scratch/venv/bin/uv" pip compile --quiet --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --custom-compile-command "make lock" "$@"
}
compile requirements/run.in --output-file requirements/run.txt "$@"
# The tests run on what a store runs on.
compile requirements/test.in --constraint requirements/run.txt \
    --output-file requirements/test.txt "$@"
# What the benches compare with runs apart from the store, and is free to differ from it.
compile requirements/bench.in --output-file requirements/bench.txt "$@"

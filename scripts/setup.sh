#!/bin/sh
# Makes .venv and installs one pinned list and this checkout into it:
#
#     sh scripts/setup.sh run      what a store needs
#     sh scripts/setup.sh test     that, and what the tests need
#
# Does nothing, within milliseconds, where the list is installed already. A setup that was
# interrupted is found by the file it leaves behind, and begun again from nothing.
set -eu
unset CDPATH PYTHONPATH PYTHONHOME
cd -- "$(dirname -- "$0")/.."

list=${1:-}
case $list in
    run | test) ;;
    *) echo "usage: sh scripts/setup.sh run|test" >&2; exit 2 ;;
esac

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0
venv=.venv
unfinished=$venv/unfinished
stamp_of() { # what the installed list depends on: its pins, the project file, where the checkout is
    { cat "requirements/$1.txt" pyproject.toml && pwd; } | sha256sum | cut -d ' ' -f 1
}
is_installed() {
    [ -x $venv/bin/python ] && [ ! -e $unfinished ] &&
        [ "$(cat "$venv/installed-$1" 2>/dev/null)" = "$(stamp_of "$1")" ] &&
        $venv/bin/python -c ''
}

is_installed "$list" && exit 0

# Two commands started at once take turns.
if command -v flock >/dev/null 2>&1; then
    exec 9<requirements/run.txt
    flock 9
    is_installed "$list" && exit 0
fi

is_new_enough() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}
can_make_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

find_python() { # the first that can make an environment, or else the first that is new enough
    python=
    for candidate in python3.11 python3.12 python3.13 python3; do
        is_new_enough "$candidate" || continue
        if can_make_venv "$candidate"; then
            python=$candidate
            return
        fi
        python=${python:-$candidate}
    done
}

install_from_debian() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    echo "Installing $* from Debian"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; } </dev/null
}

make_venv() {
    find_python
    if [ -z "$python" ]; then
        echo "Pennywhistle needs Python 3.11 or newer: apt-get install python3 python3-venv" >&2
        exit 1
    fi
    # Debian keeps the venv module's pip in a package of its own.
    if ! can_make_venv "$python"; then
        install_from_debian python3-venv || true
        find_python
    fi
    if ! can_make_venv "$python"; then
        echo "$python has no venv module; as root: apt-get install python3-venv" >&2
        exit 1
    fi
    rm -rf $venv
    "$python" -m venv $venv
}

if [ -e $unfinished ] || ! $venv/bin/python -c \
    'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    echo "Making $venv"
    make_venv
fi

echo "Installing requirements/$list.txt into $venv (once; about a minute)"
: >$unfinished
$venv/bin/python -m pip install --require-hashes -r "requirements/$list.txt"
$venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
stamp_of "$list" >"$venv/installed-$list"
# test.txt holds every pin of run.txt; a guard among the tests sees to it.
[ "$list" = run ] || stamp_of run >$venv/installed-run
rm -f $unfinished

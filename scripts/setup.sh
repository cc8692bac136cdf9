#!/bin/sh
# Makes the environment in directory $1 with the extras $2, every version taken from constraints.txt.
# PYTHON, when set, is the interpreter to use. uv is used when it is there, else venv and pip.
set -eu

venv=$1
extras=$2
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

# An environment that is active while it is made is not what makes it.
PATH=$(printf ':%s:' "$PATH" | sed "s#:$root/$venv/bin:#:#g; s#^:##; s#:\$##")

# Installers read these for the packages and for the build of this one alike.
export PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt
export UV_CONSTRAINT=constraints.txt UV_BUILD_CONSTRAINT=constraints.txt

fail() {
    printf 'setup: %s\n' "$1" >&2
    exit 1
}

# A registry that stumbles is asked again: four tries, half a minute in all.
persistently() {
    for pause in 3 9 18; do
        "$@" && return
        printf 'setup: that did not work; trying again in %s s\n' "$pause" >&2
        sleep "$pause"
    done
    "$@"
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" || fail "PYTHON=$PYTHON is not Python 3.11 or newer."
        printf '%s\n' "$PYTHON"
        return
    fi
    for name in python3 python3.13 python3.12 python3.11 python3.14 python; do
        if is_new_enough "$name"; then
            printf '%s\n' "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed and none was found. Install one, or name it: make PYTHON=/path/to/python3.11"
}

with_uv() {
    [ -x "$venv/bin/python" ] || uv venv --quiet --python "$python" "$venv"
    persistently uv pip install --quiet --python "$venv/bin/python" --editable ".[$extras]"
}

from_kept_wheels() {
    [ -f "$wheels/complete" ] && "$@" install --quiet --no-index --no-deps "$wheels"/*.whl &&
        "$@" install --quiet --no-index --no-deps --no-build-isolation --editable .
}

# Some systems ship venv without ensurepip, so the pip that is already there installs into the new environment.
# What was fetched is kept: the next set-up of the same versions on this machine needs no network.
with_pip() {
    "$python" -m pip --version >/dev/null 2>&1 || fail "$python has no pip. Install it (for instance the package python3-pip), or install uv."
    [ -x "$venv/bin/python" ] || "$python" -m venv --without-pip "$venv" ||
        fail "$python could not make an environment. Install its venv module (for instance the package python3-venv)."
    wheels="$kept/$(cksum <constraints.txt | cut -d' ' -f1)"
    set -- "$python" -m pip --disable-pip-version-check --python "$venv/bin/python"
    from_kept_wheels "$@" 2>/dev/null && return
    persistently "$@" install --quiet --editable ".[$extras]" ||
        fail "pip could not install the packages; the lines above say why."
    "$@" download --quiet --no-deps --dest "$wheels" --requirement constraints.txt 2>/dev/null &&
        touch "$wheels/complete" || true
}

# Other people's clients for JavaScript, which sandbox and server are tried with; their Node comes from constraints.txt.
# No script of a package is run, and what was fetched is kept here too.
with_npm() {
    js=$venv/js
    mkdir -p "$js"
    cp tests/clients/js/package.json tests/clients/js/package-lock.json "$js"
    persistently "$venv/bin/npm" ci --prefix "$js" --cache "$kept/npm" \
        --prefer-offline --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null ||
        fail "npm could not install the packages of tests/clients/js; the lines above say why."
}

kept="${XDG_CACHE_HOME:-$HOME/.cache}/pyairtable-mcp"
python=$(find_python)
is_new_enough "$venv/bin/python" || rm -rf "$venv"
printf 'setup: %s into %s (once)\n' "$("$python" --version)" "$venv"
if command -v uv >/dev/null 2>&1; then with_uv; else with_pip; fi
with_npm

#!/bin/sh
# Builds .venv from the stock Python and the committed uv.lock. Does nothing when it is up to date.
#
# PYTHON=/path/to/python chooses the interpreter (3.11 or 3.12).
set -eu

cd "$(dirname "$0")/../.."
. infra/setup/common.sh

VENV=.venv
STAMP=$VENV/.locked
SUPPORTED='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))'
VERSION='import sys; print("%d.%d" % sys.version_info[:2])'

supported() {
    "$1" -c "$SUPPORTED" >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.12 python3.11}; do
        if supported "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    stop "no Python 3.11 or 3.12 found (tried: ${PYTHON:-python3, python3.12, python3.11})." \
        "Install one, or name it: make setup PYTHON=/path/to/python3.12"
}

# The environment is kept while its Python is the one asked for and its uv the one locked.
environment_is_usable() {
    supported "$VENV/bin/python" || return 1
    [ -z "${PYTHON:-}" ] || [ "$("$VENV/bin/python" -c "$VERSION")" = "$("$PYTHON" -c "$VERSION")" ] ||
        return 1
    [ "$("$VENV/bin/uv" --version 2>/dev/null | cut -d' ' -f2)" = "$uv_version" ]
}

# Debian splits ensurepip off into python3.x-venv; without it `-m venv` fails half way.
create_environment() {
    python=$(find_python)
    version=$("$python" -c "$VERSION")
    say "creating $VENV with $python (Python $version)"
    if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then
        if "$python" -m pip --version >/dev/null 2>&1; then
            say "this Python has no ensurepip; installing uv $uv_version with its own pip"
            "$python" -m venv --clear --without-pip "$VENV"
            install_uv "$python" -m pip --python "$VENV/bin/python"
            return
        fi
        may_install_packages ||
            stop "$python can make no virtual environment: it has neither ensurepip nor pip." \
                "Install the package python$version-venv (Debian, Ubuntu), or name another" \
                "interpreter: make setup PYTHON=/path/to/python3.12"
        say "this Python has no ensurepip; installing the package python$version-venv"
        update_package_index
        install_package "python$version-venv" ||
            stop "python$version-venv could not be installed; the lines above say why"
    fi
    "$python" -m venv --clear "$VENV"
    say "installing uv $uv_version into $VENV"
    install_uv "$VENV/bin/python" -m pip
}

install_uv() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 "$@" install --quiet "uv==$uv_version" >&2
}

# A machine behind its own certificate authority lists it in the system's bundle; uv brings its own
# list unless told. A machine without a bundle keeps uv's list.
trust_what_the_system_trusts() {
    for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
        if [ -s "$bundle" ]; then
            export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
        fi
    done
}

install_locked() {
    say "installing the versions uv.lock names into $VENV (the first time takes a minute or two)"
    trust_what_the_system_trusts
    VIRTUAL_ENV=$PWD/$VENV UV_PYTHON_DOWNLOADS=never \
        "$VENV/bin/uv" sync --frozen --active --quiet --compile-bytecode >&2
}

# Every command starts several processes; compiling once here saves seconds at each start, also
# where the environment forbids Python to write bytecode by itself.
compile_project() {
    "$VENV/bin/python" -m compileall -q -j 0 \
        api benchmarks connectors flows infra redpanda schemas >/dev/null || true
}

uv_version=$(sed -n '/^name = "uv"$/{n;s/^version = "\(.*\)"$/\1/p;}' uv.lock)
[ -n "$uv_version" ] || stop "uv.lock names no version of uv; uv is in the dev group: run uv lock"

# Moving the checkout breaks the environment's scripts, so its place is part of the stamp.
wanted="$(cat pyproject.toml uv.lock infra/setup/environment.sh | cksum) $PWD"
if environment_is_usable; then
    if [ "$(cat "$STAMP" 2>/dev/null)" = "$wanted" ]; then
        compile_project
        exit 0
    fi
    rm -f "$STAMP"
else
    create_environment
fi
started=$(date +%s)
install_locked
compile_project
printf '%s\n' "$wanted" >"$STAMP"
say "the environment is ready ($(($(date +%s) - started)) s)"

#!/bin/sh
# Builds the browser terminal, ui/ → ui/dist. Does nothing when it is up to date.
#
# usage: terminal.sh [--optional]
#
# --optional: where it cannot be built, say so and go on; the gateway runs without it.
set -eu

cd "$(dirname "$0")/../.."
. infra/setup/common.sh

STAMP=ui/dist/.built
INSTALLED=ui/node_modules/.package-lock.json # npm writes it last
NEEDED='process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)'
optional=${1:-}

cannot() {
    [ "$optional" = --optional ] || stop "$@"
    say "$*"
    say "going on without the browser terminal"
    exit 0
}

[ -f ui/package.json ] || exit 0
sources=$(find ui -path ui/node_modules -prune -o -path ui/dist -prune -o -type f -print | LC_ALL=C sort)
# shellcheck disable=SC2086 # a list of files, none with a blank in its name
wanted=$(cat $sources | cksum)
if [ -f ui/dist/index.html ] && [ "$(cat "$STAMP" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi

command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 ||
    cannot "the terminal is built with Node.js 20.19 or later and its npm; neither is installed." \
        "Install them (Debian, Ubuntu: apt install nodejs npm) and run: make ui"
node -e "$NEEDED" ||
    cannot "the terminal is built with Node.js 20.19 or later; here is $(node --version)." \
        "Install a newer one and run: make ui"

if [ ! -f "$INSTALLED" ] || [ ui/package-lock.json -nt "$INSTALLED" ]; then
    say "installing what ui/package-lock.json names (the first time takes a minute)"
    (cd ui && npm ci --no-audit --no-fund --loglevel=error >&2) ||
        cannot "npm could not install what the terminal is built with; the lines above say why"
fi
say "building the terminal into ui/dist"
(cd ui && npm run --silent build >&2) ||
    cannot "the terminal could not be built; the lines above say why"
printf '%s\n' "$wanted" >"$STAMP"

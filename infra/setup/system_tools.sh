#!/bin/sh
# Fetches the programs some tests talk to. None is required: a test without its program skips.
#
# SYSTEM_TOOLS=no leaves the system alone. Debian starts redis-server as a service where services
# are allowed to start; the tests use only its program.
set -eu

cd "$(dirname "$0")/../.."
. infra/setup/common.sh

missing=
command -v kcat >/dev/null 2>&1 || missing="$missing kcat"
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
# Browser tests drive Debian's own Chromium; nothing downloads a browser.
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
[ -n "$missing" ] || exit 0

if ! may_install_packages; then
    say "not installed:$missing; the tests that use them will skip"
    exit 0
fi
say "installing for the tests:$missing (SYSTEM_TOOLS=no leaves the system alone)"
update_package_index
for package in $missing; do
    install_package "$package" || say "$package could not be installed; its tests will skip"
done

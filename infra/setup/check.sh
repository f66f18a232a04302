#!/bin/sh
# Runs the checks and names those that failed; a failing one does not hide the next.
#
# usage: check.sh lint | test [pytest arguments]
set -u

cd "$(dirname "$0")/../.."
. infra/setup/common.sh

failed=

check() {
    name=$1
    shift
    say "$name"
    "$@" || failed="$failed, $name"
}

terminal() {
    (cd ui && npm run --silent "$1")
}

what=$1
shift
check "ruff format" .venv/bin/ruff format --check .
check "ruff check" .venv/bin/ruff check .
check "mypy" .venv/bin/mypy
check "eslint" terminal lint
check "tsc" terminal typecheck
if [ "$what" = test ] && [ $# -eq 0 ]; then
    check "vitest" terminal test
fi
[ "$what" = lint ] || check "pytest" .venv/bin/python -m pytest "$@"

[ -z "$failed" ] || stop "failed: ${failed#, }"

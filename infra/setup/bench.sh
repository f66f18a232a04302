#!/bin/sh
# Runs the benchmarks one after the other; each one's JSON goes to stdout and benchmarks/results/.
set -eu

cd "$(dirname "$0")/../.."
. infra/setup/common.sh

mkdir -p benchmarks/results
for name in options_flow equities_flow replay tape equities_engine candle_cache broker detection side_accuracy gateway gateway_cuts terminal; do
    say "benchmarks.$name → benchmarks/results/$name.json"
    .venv/bin/python -m "benchmarks.$name" >"benchmarks/results/$name.part"
    mv "benchmarks/results/$name.part" "benchmarks/results/$name.json"
    cat "benchmarks/results/$name.json"
done

# Every target sets the environment up first; nothing has to be installed but Python 3.11 or 3.12.
#
# ARGS="…" is passed on:     make test ARGS="tests/flows -k sweep"     make demo ARGS="--for 60"
# PYTHON=… chooses Python:   make setup PYTHON=/opt/python3.12/bin/python3
# SYSTEM_TOOLS=no installs no system packages.

.DEFAULT_GOAL := help
.PHONY: help setup ui demo test lint bench clean
MAKEFLAGS += --no-print-directory

PYTHON ?=
SYSTEM_TOOLS ?= yes
ARGS ?=
export PYTHON SYSTEM_TOOLS

help: ## Show this list.
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'

setup: ## Build .venv from the stock Python and uv.lock; instant when nothing changed.
	@sh infra/setup/environment.sh

ui: setup ## Build the browser terminal into ui/dist (needs Node.js); instant when nothing changed.
	@sh infra/setup/terminal.sh

demo: setup ## Start everything on this machine, show live alerts, serve the terminal (Ctrl-C stops).
	@sh infra/setup/terminal.sh --optional
	@exec .venv/bin/islandflow up $(ARGS)

test: setup ## Run formatters, linters, types and all tests (needs Node.js).
	@sh infra/setup/system_tools.sh
	@sh infra/setup/terminal.sh
	@sh infra/setup/check.sh test $(ARGS)

lint: setup ## Run formatters, linters and types only.
	@sh infra/setup/terminal.sh
	@sh infra/setup/check.sh lint

bench: setup ## Measure the flows and the broker; JSON on stdout and in benchmarks/results/.
	@sh infra/setup/bench.sh

clean: ## Remove environment, caches, built terminal and benchmark results (not data/).
	@rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis benchmarks/results ui/dist ui/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@printf 'removed .venv, caches, the built terminal and benchmark results\n'

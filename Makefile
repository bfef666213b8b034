# The one-word ways to run Landed. Everything lives in .venv; nothing is installed outside it
# (but for `make system`, which only runs as root where apt-get exists).

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install -qq --disable-pip-version-check

# What `make test` installs: the extras whose code the tests run, and the system packages they need.
TEST_EXTRAS     := charts,fast,dense,frames,web,mcp,ray,sourcing,freight,docs,dev
SYSTEM_PACKAGES := postgresql chromium libgl1

.PHONY: axe bench-classify bench-read bench-sourcing demo test lint types contracts law pages system clean help
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

demo: $(VENV)/.core ## what a real product owes, on a past day and today
	@$(BIN)/landed demo

test: system axe $(VENV)/.full ## the whole test suite
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.full ## style
	$(BIN)/ruff check .

types: $(VENV)/.full ## types
	$(BIN)/mypy

contracts: $(VENV)/.full ## which room may import which
	$(BIN)/lint-imports

bench-classify: $(VENV)/.core ## classify on labelled files, with intervals (FILES=... for your own)
	$(BIN)/python benchmarks/bench_classify.py $(FILES)

bench-read: $(VENV)/.full ## how well documents are read: numbers, words, codes, seeded digit errors
	$(BIN)/python benchmarks/bench_read.py $(ARGS)

bench-sourcing: $(VENV)/.full ## the sourcing optimiser against published optima, and timed
	@$(PIP) -e '.[sourcing]'
	$(BIN)/python benchmarks/bench_sourcing.py

law: $(VENV)/.core ## the law pack against itself and the schedule
	$(BIN)/landed law lint

pages: $(VENV)/.core ## the reference pages that are made from data and code
	$(BIN)/python -c "from landed.operations.facts_page import facts_page as p; open('docs/facts.md', 'w', encoding='utf-8').write(p())"
	$(BIN)/python -c "from landed.operations.operations_page import operations_page as p; open('docs/operations.md', 'w', encoding='utf-8').write(p())"

system:
	@if [ -n "$(SYSTEM_PACKAGES)" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  dpkg -s $(SYSTEM_PACKAGES) >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq $(SYSTEM_PACKAGES); }; fi

axe: # the accessibility checker of the web tour, where npm is there to fetch it
	@[ -d tests/web/node_modules/axe-core ] || ! command -v npm >/dev/null || npm install --silent --no-audit --no-fund --prefix tests/web || true

clean: ## remove .venv
	rm -rf $(VENV)

$(VENV)/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "Landed needs Python 3.11 or newer; none was found on PATH." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Could not create .venv: install the venv module of your Python (Debian: apt-get install python3-venv)." >&2; rm -rf $(VENV); exit 1; }

$(VENV)/.core: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Landed into $(VENV) ..."
	@$(PIP) -e .
	@touch $@

$(VENV)/.full: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Landed with what the tests need ..."
	@$(PIP) -e '.[$(TEST_EXTRAS)]'
	@touch $@ $(VENV)/.core

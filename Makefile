# make demo | make test: each sets up all it needs. make check is what CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export DJANGO_SETTINGS_MODULE = lianfang.site.settings

.PHONY: setup setup-test demo test test-database lint types house words docs rows screens check clean locks audit licences

demo: setup
	@$(BIN)/lianfang demo

# How many processes run the tests side by side, each with a server of its own.
WORKERS ?= 2

test: setup-test
	@$(BIN)/python -m pytest -n $(WORKERS)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed (Debian: apt-get install python3.11)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv is missing (Debian: apt-get install python3-venv)"; exit 1; }
	@echo "[1/4] environment"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements.txt pyproject.toml
	@echo "[2/4] libraries"
	@$(BIN)/python -m pip install -q --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e . 2>/dev/null || $(BIN)/python -m pip install -q --no-deps -e .
	@touch $@

$(VENV)/.browser: package-lock.json $(VENV)/.run
	@echo "[3/4] browser libraries"
	@$(BIN)/python -m lianfang.cli.browser_libraries
	@touch $@

$(VENV)/.words: $(wildcard locale/*/LC_MESSAGES/*.po) $(VENV)/.run
	@echo "[4/4] words"
	@$(BIN)/pybabel -q compile -d locale -D django --use-fuzzy 2>/dev/null || $(BIN)/pybabel compile -d locale -D django
	@touch $@

setup: $(VENV)/.run $(VENV)/.browser $(VENV)/.words

$(VENV)/.test: requirements-dev.txt $(VENV)/.run
	@echo "[test] libraries"
	@$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.txt
	@touch $@

setup-test: setup $(VENV)/.test
	@{ command -v chromium && command -v openssl; } >/dev/null || { echo "[test] Chromium and openssl"; \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk openssl >/dev/null; \
	  else echo "Missing: sudo apt-get install chromium fonts-noto-cjk openssl"; exit 1; fi; }

lint: setup-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports > .lint-imports.log || { cat .lint-imports.log; exit 1; }
	@rm -f .lint-imports.log

types: setup-test
	@$(BIN)/mypy

house: setup-test
	@$(BIN)/python -m pytest -q tests/house

words: setup-test
	@$(BIN)/python -m pytest -q tests/house/test_words.py

docs: setup-test
	@$(BIN)/python -m pytest -q tests/house/test_docs.py

rows: setup-test
	@$(BIN)/python -m tests.house.rows

# The locks against known vulnerabilities: a finding fails; a machine that reaches no list says so and does not.
audit: setup-test
	@$(BIN)/python -m tests.house.audit

licences: setup-test
	@$(BIN)/python -m tests.house.licences

screens: setup-test
	@$(BIN)/python -m tests.browser.screens

check: lint types
	@$(MAKE) --no-print-directory test

# The tests marked `database`, on Debian's PostgreSQL instead of the embedded one.
test-database: setup-test
	@LIANFANG_PG_BIN=$$(ls -d /usr/lib/postgresql/*/bin | tail -1) LIANFANG_STATE=$(CURDIR)/.state-debian $(BIN)/python -m pytest -q -n $(WORKERS) -m database

locks: $(VENV)/.test
	@for f in "requirements:" "requirements-dev:--extra dev -c requirements.txt" "requirements-bench:--extra bench -c requirements.txt"; do \
	  env -u PIP_FIND_LINKS $(BIN)/uv pip compile -q --universal --generate-hashes -p 3.11 --no-annotate --no-header pyproject.toml $${f#*:} -o $${f%%:*}.txt; done

clean:
	@rm -rf $(VENV) node_modules lianfang/web/static/vendor

# One command each; `make help` lists them. Everything is set up on first use, into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
CAMPUS_PORT ?= 8001
DATA ?= demo-data
FRESH ?=
PYTEST_ARGS ?= -n 2
SEEDS ?= 10000
FIRST ?= 100000

.PHONY: help run test prove test-postgres check bench lock format clean setup setup-dev
help:        ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(VENV)/run.stamp: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed (make PYTHON=python3.12 run)")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/run.stamp
setup-dev: $(VENV)/dev.stamp

run: setup   ## start the demonstration: campus and workshop (PORT, CAMPUS_PORT, DATA, FRESH=1)
	$(BIN)/workshop demo --port $(PORT) --campus-port $(CAMPUS_PORT) --data $(DATA) $(if $(FRESH),--fresh)

check: setup-dev ## formatting, lint, types, architecture, templates, translations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python .ci/translations.py --check

test: setup-dev ## all tests but those of PostgreSQL, browser tests included (PYTEST_ARGS=...)
	PYTHON=$(BIN)/python bash .ci/chromium
	$(BIN)/pytest --ignore tests/postgres $(PYTEST_ARGS)

# What runs once more with every log on PostgreSQL: a site's records, and how they come in and go out.
ON_POSTGRES := tests/unit/sync tests/integration/sync tests/integration/devices tests/integration/exchange

test-postgres: setup-dev ## the sync suite with the log on PostgreSQL, and several nodes on one log
	bash .ci/postgres
	$(BIN)/python -m pytest -p tests.postgres.plugin $(PYTEST_ARGS) $(ON_POSTGRES)
	$(BIN)/pytest $(PYTEST_ARGS) tests/postgres

prove: setup-dev ## the public proof: processes killed, power cut, disks full (SUITE=...)
	PYTHON=$(BIN)/python bash .ci/chromium
	$(BIN)/workshop prove $(if $(SUITE),--suite $(SUITE))

simulate: setup-dev ## stories of a whole fleet with faults, SEEDS=10000 of them from FIRST=100000 on
	$(BIN)/python -m tests.simulation --seeds $(SEEDS) --first $(FIRST)

bench: setup-dev ## measure; prints JSON
	PYTHON=$(BIN)/python bash .ci/chromium
	for b in bench/exchange.py "bench/sync --sizes 10000,100000" bench/first_page.py bench/bundle.py; do $(BIN)/python $$b || exit 1; done

SECONDS ?= 60
fuzz: setup-dev ## hostile input for SECONDS=60 seconds
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

translations: setup-dev ## extract strings and update the catalogue
	$(BIN)/python .ci/translations.py

lock: ## renew the lock files (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

format: setup-dev ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove what make made
	rm -rf $(VENV) demo-data build *.egg-info

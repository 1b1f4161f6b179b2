# Python 3.11 or newer and make are enough: every target first makes what it needs, in .venv, with the pins of constraints.txt.
#   PYTHON=…    the interpreter to make .venv with     WORKERS=…   processes for the tests (0: this one)
#   ARGS=…      more arguments for pytest, fork-oracle run, the benchmark, or the mutants
#   COVERAGE=1  measure what the tests reach, as check does; COVERAGE=done: check takes what was measured before

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
WORKERS ?= 0
ARGS ?=
COVERAGE ?=

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
COMPILED := build/compiled
# what no finding claims is new; what decided each difference is kept, so that it is looked for once
CLAIMS := --findings --kept build/differences.json
PYTEST := -m pytest -n $(WORKERS) $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help run test check format lint types layers coverage sources fresh bench compiled mutation planted schema reports tidy clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 12

run: $(READY)  ## run specs/ on all flavors, print the divergence matrix, write reports/
	@mkdir -p build
	$(BIN)/fork-oracle run specs --reports reports --sweep standard $(CLAIMS) $(ARGS)

test: $(READY)  ## run the tests and the scenarios
	@rm -f .coverage .coverage.*
	$(BIN)/$(if $(filter 1,$(COVERAGE)),coverage run,python) $(PYTEST)

check: format lint types layers coverage fresh  ## run every check there is
	@echo "make check: all is well"

format: $(READY)  # is the code in ruff's format?
	$(BIN)/ruff format --check .

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)  # does each module import only what it may?
	$(BIN)/lint-imports

coverage: $(READY)  # the tests, the house lints among them, and how much of the code they reach
	$(if $(filter done,$(COVERAGE)),,@$(MAKE) --no-print-directory test COVERAGE=1)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

sources: $(READY)  ## account for every line of the C, and what of it specs/ exercises; build/sources.html shows it line by line
	mkdir -p build
	$(BIN)/fork-oracle sources specs --html build/sources.html $(ARGS)

fresh: $(READY)  # are the committed schema and reports what this tree makes, byte for byte?
	rm -rf build/fresh && mkdir -p build/fresh
	$(BIN)/fork-oracle schema --output build/fresh/scenario.schema.json
	cmp schema/scenario.schema.json build/fresh/scenario.schema.json
	$(BIN)/fork-oracle schema not-shown --output build/fresh/not-shown.schema.json
	cmp schema/not-shown.schema.json build/fresh/not-shown.schema.json
	$(BIN)/fork-oracle schema finding --output build/fresh/finding.schema.json
	cmp schema/finding.schema.json build/fresh/finding.schema.json
	$(BIN)/fork-oracle schema report --output build/fresh/report.schema.json
	cmp schema/report.schema.json build/fresh/report.schema.json
	$(BIN)/fork-oracle schema identify-facts --output build/fresh/identify-facts.schema.json
	cmp schema/identify-facts.schema.json build/fresh/identify-facts.schema.json
	$(BIN)/fork-oracle run specs --reports build/fresh/reports $(CLAIMS) > build/fresh/run.txt || { cat build/fresh/run.txt; exit 1; }
	diff -r -x index.html reports build/fresh/reports

bench: $(READY)  ## compare one differential fork case with one real fork+exit+wait (needs a C compiler)
	$(BIN)/python benchmarks/bench.py $(ARGS)
	@$(MAKE) --no-print-directory compiled
	PYTHONPATH=$(COMPILED) $(BIN)/python benchmarks/bench.py $(ARGS)

mutation: $(VENV)/.mutation  ## try the mutants of flavors/ (hours; stop it when you like, it goes on where it was)
	$(BIN)/python -m tests.mutation --survivors $(ARGS)

planted: $(READY)  ## plant twenty bugs in the flavors, and see whether the search finds each in a minute
	$(BIN)/python -m tests.planted $(ARGS)

$(VENV)/.mutation: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-build-isolation -e '.[mutation]'
	@touch $@

# Whoever compiles checks: all scenarios have to come out as they do in plain Python, byte for byte; but for those with
# concurrent steps, which only plain Python can explore.
SEQUENTIAL = $(shell grep -rLE '^ *- concurrently:|^not_shown:' specs --include='*.yaml')

compiled: $(COMPILED)/.ready  ## make a copy of the project with a compiled core, in build/compiled

$(COMPILED)/.ready: $(READY) benchmarks/compiled.py $(shell find oracle flavors specs -type f ! -name '*.pyc')
	$(BIN)/python benchmarks/compiled.py
	$(BIN)/fork-oracle run $(SEQUENTIAL) --reports $(COMPILED)/plain > /dev/null
	PYTHONPATH=$(COMPILED) $(BIN)/fork-oracle run $(SEQUENTIAL) --reports $(COMPILED)/reports > /dev/null
	diff -r -x index.html $(COMPILED)/plain $(COMPILED)/reports
	@touch $@

schema: $(READY)  ## write schema/ anew
	mkdir -p schema
	$(BIN)/fork-oracle schema --output schema/scenario.schema.json
	$(BIN)/fork-oracle schema not-shown --output schema/not-shown.schema.json
	$(BIN)/fork-oracle schema finding --output schema/finding.schema.json
	$(BIN)/fork-oracle schema report --output schema/report.schema.json
	$(BIN)/fork-oracle schema identify-facts --output schema/identify-facts.schema.json

reports: $(READY)  ## write reports/ anew
	@mkdir -p build
	$(BIN)/fork-oracle run specs --reports reports --sweep standard $(CLAIMS) > /dev/null

tidy: $(READY)  ## bring the code into ruff's format, with its safe fixes
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

clean:  ## remove .venv and all that was built
	rm -rf $(VENV) build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "fork-oracle needs Python 3.11 or newer; name yours: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "fork-oracle needs Python 3.11 or newer, and $(PYTHON) is not; name another: make PYTHON=…" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment; Debian has that in the package python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt hatchling editables
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-build-isolation -e '.[test]'
	@touch $@

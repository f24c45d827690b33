# Verbs of the house. `make serve` and `make test` are all a newcomer needs.
SHELL := /bin/sh
PORT ?= 3000
DATA ?= $(PUSHRANK_HOME)/town
MODEL ?= models:/push_ranker@champion
OUT ?= $(PUSHRANK_HOME)/report

export PUSHRANK_HOME ?= $(CURDIR)/var
export MLFLOW_DISABLE_TELEMETRY := true
export BENTOML_DO_NOT_TRACK := True

# The usual `python3` where it fits, else the newest that does; `PYTHON=` chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& { echo $$p; break; }; done)
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: setup serve test check mutate format bench train evaluate lock clean

setup: $(INSTALLED)

$(INSTALLED): pyproject.toml $(wildcard requirements/*.txt)
	@test -n "$(PYTHON)" || { echo "pushrank needs Python 3.11, 3.12 or 3.13; none was found (PYTHON=... chooses one)"; exit 1; }
	@echo "Installing into .venv with $(PYTHON), each package checked against its hash ..."
	@$(PYTHON) -m venv --clear .venv
	@lock=requirements/py$$($(BIN)/python -c 'import sys; print("%d%d" % sys.version_info[:2])').txt; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $$lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

serve: $(INSTALLED)
	@$(BIN)/python -m training.first_start
	@exec $(BIN)/pushrank serve --port $(PORT) --config configs/service/demo.yaml

test: $(INSTALLED)
	$(BIN)/python -m pytest

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Changes the rules one place at a time and counts what the tests notice; some ten minutes.
mutate: $(INSTALLED)
	$(BIN)/mutmut run
	$(BIN)/mutmut results

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

train: $(INSTALLED)
	$(BIN)/python -m training.train --data $(DATA)

evaluate: $(INSTALLED)
	$(BIN)/python -m training.evaluate --data $(DATA) --model $(MODEL) --out $(OUT)

# Locks hold names, versions and hashes only: no address of any index.
lock: $(INSTALLED)
	@for v in 3.11 3.12 3.13; do \
	$(BIN)/uv pip compile --quiet pyproject.toml --group dev --python-version $$v --generate-hashes --no-header \
	--no-annotate --no-emit-index-url --no-emit-find-links --output-file requirements/py$$(echo $$v | tr -d .).txt; done

clean:
	rm -rf .venv var

# A fresh machine needs Python 3.11 with pip, and make. Everything else is installed into .venv/.

IS_3_11 = 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'
PYTHON ?= $(shell for python in python3.11 python3; do \
	$$python -c $(IS_3_11) 2>/dev/null && echo $$python && break; done)
UV ?= uv
BIN = .venv/bin
PIP_INSTALL = bin/python -m pip install -qq --disable-pip-version-check
PIP = .venv/$(PIP_INSTALL)
INSTALLED = .venv/installed
SPARK = .venv-spark

# Nothing here reports its use to anybody.
export DO_NOT_TRACK = 1
export DBT_SEND_ANONYMOUS_USAGE_STATS = false

.PHONY: help setup run test nights check docs bench spark faults fuzz lock clean own

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

setup: own $(INSTALLED) ## install what requirements.lock names into .venv

# What stands in a copied or moved .venv runs the folder where it was made, or nothing.
own:
	@test ! -e $(BIN)/ziping || grep -qF "$(CURDIR)/$(BIN)/python" $(BIN)/ziping || { \
		echo "this .venv belongs to $$(sed -n 's@.*[! ]\(/.*\)/$(BIN)/python.*@\1@p' $(BIN)/ziping |\
			head -n 1), from where it was copied or moved: rm -rf .venv && make setup" >&2; exit 1; }

# The stamp is written last: an installation that was broken off is done again.
# The lock is whole, so pip need not resolve: older ones stumble there over pins with extras.
$(INSTALLED): requirements.lock pyproject.toml | own
	@"$(PYTHON)" -c $(IS_3_11) 2>/dev/null || { \
		echo "ziping needs Python 3.11: install it, or say PYTHON=/path/to/python3.11 make setup" >&2; \
		exit 1; }
	@test -x $(BIN)/pip || "$(PYTHON)" -m venv --clear .venv
	@echo "installing $$(grep -c '^[a-z].*==' $<) packages into .venv, once; this takes minutes"
	@$(PIP) --no-deps --require-hashes -r $<
	@$(BIN)/python -m pip check
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

run: setup ## make the sample district if there is nothing yet, and run the night
	@$(BIN)/ziping run

PYTEST = $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

test: setup ## run the tests but those of whole nights
	@$(PYTEST) -m "not slow"

nights: setup ## run the tests of whole nights: kills, disks, gaps, tampering, PostgreSQL
	@$(PYTEST) -m slow

check: setup ## look at style, types, SQL and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	ZIPING_BUILD=:memory: PYTHONWARNINGS=ignore \
		DBT_TARGET_PATH="$(CURDIR)/target/lint" DBT_LOG_PATH="$(CURDIR)/target/lint" \
		$(BIN)/sqlfluff lint --processes 0 $(wildcard dbt_project/models dbt_project/tests)

# The types of the columns are those of the last build, if there is one.
docs: setup ## write the models and their columns as one page, target/docs/static_index.html
	@ZIPING_BUILD="$(or $(wildcard $(CURDIR)/warehouse/build.duckdb),:memory:)" \
		DBT_TARGET_PATH="$(CURDIR)/target/docs" DBT_LOG_PATH="$(CURDIR)/target/docs" \
		$(BIN)/dbt --quiet docs generate --static --project-dir dbt_project --profiles-dir dbt_project

# ONLY is nights, csv, xlsx, workbooks or api; SIZE is MB, rows or files.
bench: setup ## measure how long nights and large files take (ONLY=csv SIZE=100 for one alone)
	@PYTHONPATH=tests/support $(BIN)/python tests/bench/bench.py $(if $(ONLY),--only $(ONLY)) $(if $(SIZE),--size $(SIZE))

# Spark stands apart, on top of what .venv has: a library that finds pyspark beside it loads it.
$(SPARK)/installed: requirements-spark.lock $(INSTALLED)
	@"$(PYTHON)" -m venv --clear --without-pip $(SPARK)
	@echo "import site; site.addsitedir('$(CURDIR)/.venv/lib/python3.11/site-packages')" \
		> $(SPARK)/lib/python3.11/site-packages/ziping-base.pth
	@echo "installing Spark into $(SPARK), once"
	@$(SPARK)/$(PIP_INSTALL) --no-deps --no-build-isolation --require-hashes -r $<
	@$(SPARK)/bin/python -m pip check
	@touch $@

spark: setup $(SPARK)/installed ## build a small sample on DuckDB and on Spark (Java 17), and compare
	@$(SPARK)/bin/python tests/spark/two_engines.py

faults: setup ## kill nights and fail disks for a quarter of an hour, and say what was lost
	@PYTHONPATH=tests/support $(BIN)/python tests/faults/faults.py

SECONDS ?= 120

fuzz: setup ## give the readers of files input that nobody would think of, for SECONDS=120
	@PYTHONPATH=tests/support $(BIN)/python tests/fuzz/fuzz.py $(SECONDS)

COMPILE = $(UV) pip compile pyproject.toml --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" --quiet

lock: ## resolve pyproject.toml into requirements.lock and requirements-spark.lock anew (needs uv)
	$(COMPILE) --extra dev --output-file requirements.lock
	$(COMPILE) --extra spark --constraint requirements.lock --output-file requirements-spark.lock

clean: ## remove caches and compiled models; .venv, raw/ and warehouse/ stay
	@rm -rf target dbt_project/target dbt_project/logs logs \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find flows tests -name __pycache__ -type d -prune -exec rm -rf {} +

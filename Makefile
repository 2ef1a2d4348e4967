# The commands, in the order of the flow. GNU make 3.81 (macOS) is enough.
SHELL := /bin/sh
.DEFAULT_GOAL := help

BIN := .venv/bin
C360 := $(BIN)/c360
PYTEST := $(BIN)/python -m pytest -c governance/pyproject.toml --rootdir . --import-mode=importlib --timeout=900
TEST = $(PYTEST) -n auto --dist loadscope --no-loadscope-reorder -rs $(wildcard governance/tests integration_tests/tests integration_tests/fuzz)
CODE := governance integration_tests
SQL := dbt_package integration_tests governance
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --no-emit-index-url --no-strip-extras $(if $(UPGRADE),--upgrade)
READY := .venv/.complete

.PHONY: help
help: ## Show this help
	@echo "Usage: make <target>"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Every stage is a command of its own: .venv/bin/c360 --help (after make setup)"

.PHONY: setup
setup: $(READY) ## Install everything into .venv (PYTHON=python3.12 picks the interpreter)

$(READY): requirements/dev.txt requirements/bootstrap.txt requirements/setup.sh governance/pyproject.toml
	@echo "Installing into .venv ..."
	@sh requirements/setup.sh
	-@$(C360) deps

.PHONY: demo
demo: $(READY) ## Run the whole flow on made-up data and print a summary (DEMO_ARGS="--late" is passed on)
	@$(C360) demo $(DEMO_ARGS)

.PHONY: test spark browser
test: $(READY) ## Run every test (PYTEST_ARGS="-k name -x" is passed on)
	@$(TEST) $(PYTEST_ARGS)

spark: $(READY) ## Run the tests that need Spark (a part of make test)
	@$(TEST) -m spark $(PYTEST_ARGS)

browser: $(READY) ## Run the tests that need a browser (a part of make test)
	@$(TEST) -m browser $(PYTEST_ARGS)

.PHONY: fuzz
fuzz: $(READY) ## Try many more made-up inputs than make test does (SEED=7 tries others)
	@$(PYTEST) --timeout=7200 --hypothesis-profile=fuzz --hypothesis-seed=$(or $(SEED),0) integration_tests/fuzz $(PYTEST_ARGS)

.PHONY: models parity
models: $(READY) ## Build and test the dbt models on what was ingested (ENGINE=spark for Spark)
	@$(MAKE) --no-print-directory -C integration_tests models $(if $(ENGINE),ENGINE=$(ENGINE))

parity: $(READY) ## Build on Postgres and on Spark, and compare every mart row for row
	@$(MAKE) --no-print-directory -C integration_tests parity

.PHONY: catalog-setup
catalog-setup: $(READY) ## Install OpenMetadata's client into .venv-catalog (it cannot share .venv with Soda)
	@$(BIN)/python requirements/environment.py .venv-catalog requirements/catalog.txt

.PHONY: generate
generate: $(READY) ## Write the generated files anew from the contracts
	@$(C360) generate

.PHONY: check
check: $(READY) ## Fail if a generated file is not what the contracts say, or modules import in a circle
	@$(C360) generate --check
	@$(PYTEST) governance/tests/test_structure.py

.PHONY: lint
lint: $(READY) ## Check the style of Python and SQL, and the types
	@$(BIN)/ruff check --quiet --config governance/pyproject.toml $(CODE)
	@$(BIN)/ruff format --quiet --check --config governance/pyproject.toml $(CODE)
	@$(BIN)/mypy --config-file governance/pyproject.toml --no-error-summary governance/src/c360
	@$(BIN)/sqlfluff lint --config dbt_package/.sqlfluff $(SQL)
	@$(BIN)/python integration_tests/lint_macros.py

.PHONY: mutation
mutation: $(READY) ## Break every clause in every way at every enforcement point, and count what is caught
	@cd integration_tests && ../$(BIN)/python -m mutation $(MUTATION_ARGS)

.PHONY: bench
bench: $(READY) ## Print speed ratios, side by side in one run
	@$(BIN)/python -m integration_tests.bench

.PHONY: lock
lock: $(READY) ## Lock the requirements again (UPGRADE=1 takes newer versions)
	@cd requirements && for name in $(patsubst requirements/%.in,%,$(wildcard requirements/*.in)); do ../$(LOCK) $$name.in --output-file $$name.txt || exit 1; done

.PHONY: stop
stop: $(READY) ## Stop the embedded database
	@$(C360) db stop

.PHONY: clean
clean: ## Stop the database and remove everything that was made (.c360, .venv, caches)
	@if [ -x $(C360) ]; then $(C360) db stop; fi
	@rm -rf .c360 .venv .venv-catalog .venv-catalog.lock .mypy_cache .pytest_cache .ruff_cache .hypothesis integration_tests/target integration_tests/logs integration_tests/dbt_packages integration_tests/.spark-venv integration_tests/.spark-venv.lock
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

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
# Where a shell forbids it (containers do), every program would compile all that it imports anew.
unexport PYTHONDONTWRITEBYTECODE

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

.PHONY: serve
serve: $(READY) ## Show the pages on a local port (SERVE_ARGS="--port 9000" is passed on)
	@$(C360) serve $(SERVE_ARGS)

.PHONY: test unit spark browser
test: $(READY) ## Run every test (PYTEST_ARGS="-k name -x" is passed on)
	@$(TEST) $(PYTEST_ARGS)

unit: $(READY) ## Run the tests of the toolkit that need no database (a part of make test)
	@$(PYTEST) -n auto -rs -m "not server" governance/tests $(PYTEST_ARGS)

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

.PHONY: catalog-test
catalog-test: $(READY) ## Test the catalogue: on the server of C360_OPENMETADATA_URL, else on a double (a part of make test)
	@echo "Against $${C360_OPENMETADATA_URL:-a double of OpenMetadata; C360_OPENMETADATA_URL and _TOKEN name a real server}."
	@C360_CATALOG_TEST_URL="$$C360_OPENMETADATA_URL" $(TEST) -m catalog $(PYTEST_ARGS)

.PHONY: catalog-smoke
catalog-smoke: $(READY) ## Try the catalogue on a real OpenMetadata after make demo (needs Docker); an issue wants what it prints
	@integration_tests/catalog/smoke.sh

.PHONY: catalog-server
catalog-server: ## Start a real OpenMetadata (needs Docker; docs/catalog.md says which variables)
	@docker compose version >/dev/null 2>&1 || { echo "There is no Docker Compose here, and no package index serves OpenMetadata's server: name one that runs, C360_OPENMETADATA_URL=http://host:8585 make catalog-test" >&2; exit 2; }
	@test -n "$$OPENMETADATA_DB_PASSWORD" && test -n "$$OPENMETADATA_FERNET_KEY" || { echo "Set OPENMETADATA_DB_PASSWORD and OPENMETADATA_FERNET_KEY: docs/catalog.md says how." >&2; exit 2; }
	@docker compose --profile catalog up --wait openmetadata

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
	@$(BIN)/mypy --no-incremental --config-file governance/pyproject.toml --no-error-summary governance/src/c360
	@$(BIN)/sqlfluff lint --config dbt_package/.sqlfluff $(SQL)
	@$(BIN)/python integration_tests/lint_macros.py

.PHONY: workflows
workflows: $(READY) ## Check the files of CI: by their schemas, actions pinned, nothing of others run
	@$(BIN)/python requirements/environment.py .venv-ci requirements/ci.txt
	@.venv-ci/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@.venv-ci/bin/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
	@.venv-ci/bin/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@.venv-ci/bin/check-jsonschema --quiet --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci governance/ci/gitlab.yml
	@.venv-ci/bin/check-jsonschema --quiet --builtin-schema vendor.azure-pipelines --data-transform azure-pipelines governance/ci/azure-pipelines.yml
	@.venv-ci/bin/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
	@.venv-ci/bin/pre-commit validate-config && .venv-ci/bin/pre-commit validate-manifest
	@.venv-ci/bin/zizmor --offline --quiet --no-progress .github/workflows action.yml .github/dependabot.yml

# The steps of .github/workflows/contracts.yml, in a home of their own.
export BASE ?= origin/main
.PHONY: ci
ci: export C360_HOME := $(CURDIR)/.c360/ci
ci: $(READY) ## What a change of contracts has to pass: lint, drift, compatibility with BASE, the flow
	$(C360) lint
	$(C360) generate --check
	$(C360) compat --base "$$BASE"
	$(C360) fake --rows 500 --rows transactions=5000 --out .c360/ci/deliveries
	$(C360) ingest contacts .c360/ci/deliveries/contacts.csv
	$(C360) ingest transactions .c360/ci/deliveries/transactions.csv
	$(C360) build
	$(C360) verify
	$(C360) publish --out .c360/ci/site
	@$(C360) db stop

.PHONY: release
release: $(READY) ## Write wheel, contract pages, changes and checksums of the release TAG into dist/
	@test "$(TAG)" = "$$($(BIN)/python -c 'import c360; print(c360.__version__)')" || { echo "The version here is not TAG=$(TAG)." >&2; exit 1; }
	@rm -rf dist && mkdir dist
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir dist ./governance
	@$(C360) publish --out dist/contracts && tar -C dist -czf dist/contracts.tar.gz contracts && rm -rf dist/contracts
	@awk '/^## \[/ { on = ($$2 == "[$(TAG)]"); next } on' CHANGELOG.md >dist/CHANGES.md
	@test -s dist/CHANGES.md || { echo "CHANGELOG.md has no section of $(TAG)." >&2; exit 1; }
	@cd dist && sha256sum * >SHA256SUMS

DOCS = NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs
.PHONY: docs docs-serve docs-setup
docs-setup: $(READY)
	@$(BIN)/python requirements/environment.py .venv-docs requirements/docs.txt

docs: docs-setup ## Build the documentation site into .c360/docs; a link that leads nowhere fails it
	@$(DOCS) build --strict --quiet --config-file governance/mkdocs.yml
	@echo ".c360/docs/index.html"

docs-serve: docs-setup ## Serve the documentation site on http://127.0.0.1:8000, and build it anew when a page changes
	@$(DOCS) serve --strict --config-file governance/mkdocs.yml

.PHONY: coverage
coverage: $(READY) ## Run every test, and tell which lines of the toolkit none of them reaches
	@$(TEST) --cov=c360 --cov-report=term-missing:skip-covered $(PYTEST_ARGS)

.PHONY: mutation
mutation: $(READY) ## Break every clause in every way at every enforcement point, and count what is caught
	@cd integration_tests && ../$(BIN)/python -m mutation $(MUTATION_ARGS)

.PHONY: attack
attack: $(READY) ## Attack what partners get in a year, and the same columns without protection (ATTACK_ARGS="--json")
	@$(BIN)/python -m integration_tests.attack $(ATTACK_ARGS)

.PHONY: bench
bench: $(READY) ## Print speed ratios, side by side in one run
	@$(BIN)/python -m integration_tests.bench
	@$(BIN)/python -m integration_tests.bench.shares

.PHONY: lock
lock: $(READY) ## Lock the requirements again (UPGRADE=1 takes newer versions)
	@cd requirements && for name in $(patsubst requirements/%.in,%,$(wildcard requirements/*.in)); do ../$(LOCK) $$name.in --output-file $$name.txt || exit 1; done

.PHONY: stop
stop: $(READY) ## Stop the embedded database
	@$(C360) db stop

.PHONY: clean
clean: ## Stop the database and remove everything that was made (.c360, .venv, caches)
	@if [ -x $(C360) ]; then $(C360) db stop; fi
	@rm -rf .c360 .venv .venv-catalog .venv-catalog.lock .venv-ci .venv-ci.lock .venv-docs .venv-docs.lock .venv-orchestrators .venv-orchestrators.lock dist .mypy_cache .pytest_cache .ruff_cache .hypothesis integration_tests/target integration_tests/logs integration_tests/dbt_packages integration_tests/.spark-venv integration_tests/.spark-venv.lock
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

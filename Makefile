# The verbs of the project. A fresh machine needs python3.11, make and git (and Node for `check`).
PYTHON ?= python3.11
VENV := .venv
DEMO_VENV := .venv-demo
OFFICIAL_VENV := .venv-official-sdk
BENCH_VENV := .venv-bench
MUTANTS_VENV := .venv-mutants
CONTRACT_VENV := .venv-contract
AUDIT_VENV := .venv-audit
BROWSER_VENV := .venv-browser
CHROMIUM ?= /usr/bin/chromium
DOCS_VENV := .venv-docs
NOTEBOOK_VENV := .venv-notebook
BIN := $(VENV)/bin
SOURCES := pyproject.toml README.md LICENSE openapi/qarnot-compute.yaml $(shell find qarnot_domain generated/qarnot_api -name '*.py' -o -name py.typed)
LOCK := $(BIN)/uv pip compile --universal --generate-hashes --no-header --quiet

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.PHONY: help demo docs test contract compare fuzz soak bench coverage check generate check-generated spec-diff update-spec consumer mutants secret-scan audit browser lint types spec-lint docs-examples lock public-api released changelog build clean

help: ## Show the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1|\2/' | column -t -s '|'

demo: $(DEMO_VENV)/installed ## Tell the whole story of a job on the emulator
	@$(DEMO_VENV)/bin/python docs/examples/demo.py

docs: $(DOCS_VENV)/ready ## Build the site of docs/ into build/site; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/mkdocs build --quiet --strict -f docs/site/mkdocs.yml

test: $(VENV)/installed $(OFFICIAL_VENV)/ready ## Run all tests, on the installed package
	QARNOT_OFFICIAL_SDK_PYTHON=$(CURDIR)/$(OFFICIAL_VENV)/bin/python $(BIN)/pytest -n auto -m "not check"

contract: $(VENV)/installed $(CONTRACT_VENV)/ready ## Hold the emulator, or QARNOT_CONTRACT_URL, to the document
	$(BIN)/python -m tests.contract.live --st $(CURDIR)/$(CONTRACT_VENV)/bin/st $(OPTIONS)

compare: $(VENV)/installed $(OFFICIAL_VENV)/ready ## Hold the official SDK to the conformance table
	$(BIN)/python -m tests.compare $(CURDIR)/$(OFFICIAL_VENV)/bin/python

fuzz: $(VENV)/installed ## Read a million broken answers
	$(BIN)/python -m tests.fuzz $(OPTIONS)

soak: $(VENV)/installed ## Use the library for a minute on a cloud that often fails, and compare the books
	$(BIN)/python -m tests.soak $(OPTIONS)

bench: $(VENV)/installed $(BENCH_VENV)/installed $(OFFICIAL_VENV)/ready ## Measure the library beside the official SDK, and the emulator, for some minutes
	$(BIN)/python -m tests.benchmarks --json build/benchmarks.json $(OPTIONS)

coverage: $(VENV)/installed $(OFFICIAL_VENV)/ready ## Run the tests and print the branch coverage
	$(BIN)/coverage erase
	QARNOT_OFFICIAL_SDK_PYTHON=$(CURDIR)/$(OFFICIAL_VENV)/bin/python $(BIN)/coverage run -m pytest -n auto -q -m "not check"
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

check: lint types check-generated spec-lint public-api docs $(NOTEBOOK_VENV)/installed $(CONTRACT_VENV)/ready ## Lint, types, generated code, document, site (needs Node)
	$(BIN)/pytest -m check

generate: $(VENV)/ready ## Make generated/qarnot_api anew from the document
	$(BIN)/python openapi/regenerate.py

check-generated: $(VENV)/ready ## Fail unless generated/qarnot_api is what the document gives
	$(BIN)/python openapi/regenerate.py --check

spec-diff: $(VENV)/ready ## Compare an API document, AGAINST=<file or address>, with ours
	$(BIN)/python -m openapi.diff $(OPTIONS) "$(AGAINST)"

update-spec: $(VENV)/installed ## Take a change of the API in, step by step, AGAINST=<file or address>
	$(BIN)/python -m openapi.update $(OPTIONS) "$(AGAINST)"

consumer: $(VENV)/ready ## Derive anew what of the API the domain layer uses
	$(BIN)/python -m openapi.consumer

mutants: $(MUTANTS_VENV)/ready ## Change the library in one place at a time: which changes does no test notice?
	PYTHONPATH=$(CURDIR):$(CURDIR)/generated $(MUTANTS_VENV)/bin/python tests/mutants.py $(MODULES)

secret-scan: $(VENV)/installed $(OFFICIAL_VENV)/ready ## Have every test fail and print all it knows: is a token in it?
	QARNOT_OFFICIAL_SDK_PYTHON=$(CURDIR)/$(OFFICIAL_VENV)/bin/python $(BIN)/python tests/secret_scan.py -n auto

audit: $(AUDIT_VENV)/ready ## Ask the advisory database after every pinned requirement (needs the network)
	$(AUDIT_VENV)/bin/pip-audit --strict --disable-pip $(foreach file,$(wildcard .ci/requirements-*.txt),-r $(file))

browser: $(BROWSER_VENV)/installed $(CHROMIUM) docs ## Look at the pages in Chromium (CHROMIUM says where it is)
	$(BROWSER_VENV)/bin/pytest --chromium $(CHROMIUM) tests/browser

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed
	$(BIN)/mypy
	$(BIN)/pyright
	cd .ci && PATH=$(CURDIR)/$(BIN):$$PATH pyright --verifytypes qarnot_domain --ignoreexternal

spec-lint: $(VENV)/ready openapi/node_modules
	$(BIN)/openapi-spec-validator openapi/qarnot-compute.yaml
	cd openapi && npm run --silent lint

public-api: $(VENV)/ready
	$(BIN)/python tests/public_api.py

docs-examples: $(VENV)/installed ## Run the Python of every page of docs/, and say how much it is
	$(BIN)/pytest tests/docs -m "not check"

lock: $(VENV)/ready ## Pin the requirements anew, with hashes, to the newest versions allowed
	$(LOCK) --upgrade --all-extras --group build pyproject.toml -o .ci/requirements-demo.txt
	$(LOCK) --upgrade --group build pyproject.toml -o .ci/requirements-bench.txt
	$(LOCK) --upgrade --all-extras --group check pyproject.toml -o .ci/requirements-dev.txt
	$(LOCK) --upgrade --all-extras --group mutants pyproject.toml -o .ci/requirements-mutants.txt
	$(LOCK) --upgrade --group pyproject.toml:audit -o .ci/requirements-audit.txt
	$(LOCK) --upgrade --all-extras --group browser pyproject.toml -o .ci/requirements-browser.txt
	$(LOCK) --upgrade --group pyproject.toml:contract -o .ci/requirements-contract.txt
	$(LOCK) --upgrade --group pyproject.toml:docs -o .ci/requirements-docs.txt
	$(LOCK) --upgrade --extra emulator --group build --group notebook pyproject.toml -o .ci/requirements-notebook.txt
	$(LOCK) --upgrade --group pyproject.toml:official-sdk -o .ci/requirements-official-sdk.txt

changelog: $(VENV)/ready ## Show what the next release will say, from docs/changes/
	@$(BIN)/towncrier build --draft --version Unreleased

released: $(VENV)/ready ## Keep the public names and the document as those of the last release
	$(BIN)/python tests/public_api.py --released

build: $(VENV)/ready ## Build the wheel and the source distribution into dist/
	$(BIN)/python -m build --no-isolation

clean: ## Remove everything that the verbs made
	rm -rf $(VENV) $(DEMO_VENV) $(BENCH_VENV) $(OFFICIAL_VENV) $(MUTANTS_VENV) $(CONTRACT_VENV) $(AUDIT_VENV) $(BROWSER_VENV) \
		$(DOCS_VENV) $(NOTEBOOK_VENV) build dist openapi/node_modules \
		.hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/ready: .ci/requirements-dev.txt
$(DEMO_VENV)/ready: .ci/requirements-demo.txt
$(BENCH_VENV)/ready: .ci/requirements-bench.txt
$(OFFICIAL_VENV)/ready: .ci/requirements-official-sdk.txt
$(MUTANTS_VENV)/ready: .ci/requirements-mutants.txt
$(CONTRACT_VENV)/ready: .ci/requirements-contract.txt
$(AUDIT_VENV)/ready: .ci/requirements-audit.txt
$(BROWSER_VENV)/ready: .ci/requirements-browser.txt
$(DOCS_VENV)/ready: .ci/requirements-docs.txt
$(NOTEBOOK_VENV)/ready: .ci/requirements-notebook.txt

$(VENV)/ready $(DEMO_VENV)/ready $(BENCH_VENV)/ready $(OFFICIAL_VENV)/ready $(MUTANTS_VENV)/ready $(CONTRACT_VENV)/ready $(AUDIT_VENV)/ready \
	$(BROWSER_VENV)/ready $(DOCS_VENV)/ready $(NOTEBOOK_VENV)/ready:
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --require-hashes -r $<
	@touch $@

$(VENV)/installed: $(VENV)/ready $(SOURCES)
$(DEMO_VENV)/installed: $(DEMO_VENV)/ready $(SOURCES)
$(BENCH_VENV)/installed: $(BENCH_VENV)/ready $(SOURCES)
$(BROWSER_VENV)/installed: $(BROWSER_VENV)/ready $(SOURCES)
$(NOTEBOOK_VENV)/installed: $(NOTEBOOK_VENV)/ready $(SOURCES)

$(VENV)/installed $(DEMO_VENV)/installed $(BENCH_VENV)/installed $(BROWSER_VENV)/installed $(NOTEBOOK_VENV)/installed:
	$(@D)/bin/pip install --quiet --no-deps --no-build-isolation --force-reinstall .
	@touch $@

$(CHROMIUM):
	@test "$$(id -u)" = 0 && command -v apt-get > /dev/null || \
		{ echo "There is no $@: install Chromium, or say where it is with CHROMIUM=..."; exit 1; }
	apt-get update --quiet && DEBIAN_FRONTEND=noninteractive \
		apt-get install --quiet --yes --no-install-recommends chromium

openapi/node_modules: openapi/package-lock.json
	cd openapi && npm ci --silent
	@touch $@

.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
# uv is used where it is installed; otherwise it comes from PyPI into a private venv.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN := .venv/bin
T ?=
ONLY ?=
MINUTES ?= 5
IMAGE_PYTHON ?= $(PYTHON)

##@ Every day
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/installed ## Install everything into .venv (other targets do it by themselves)

demo: install ## Start the whole system and watch a person talk to the agent
	@$(RUN)/whatsapp-demo

up: install ## Start Kafka, PostgreSQL, S3, the services and the simulator in the background
	@$(RUN)/devstack up

down: ## Stop everything that `make up` started
	@if [ -x $(RUN)/devstack ]; then $(RUN)/devstack down; fi

status: install ## Show what runs and where
	@$(RUN)/devstack status

##@ Checks, from cheap to dear
test: lint types imports flow-check unit connected system ## All of them: what CI runs

lint: install ## Style of code and format
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

types: install ## mypy --strict on source and tests
	$(RUN)/mypy $(wildcard libs/*/src services/*/src tools/*/src) tests
	@set -e; for tests in $(wildcard libs/*/tests services/*/tests tools/*/tests); do $(RUN)/mypy $$tests; done

imports: install ## Who may import whom, and whether members declare what they use
	$(RUN)/lint-imports
	@tools/declared.sh

flow-check: install ## Are all flows right, and do all conversations go as their transcripts say
	$(RUN)/flow check
	$(RUN)/flow test --cover 100

unit: install ## No network, no processes; a few seconds (T=path narrows)
	$(RUN)/pytest -m "not connected and not system and not deploy and not engine" $(T)

connected: install ## Against real Kafka, PostgreSQL, S3 and a real CRM (T=path narrows)
	@$(UV) sync --locked --quiet --inexact --group crm --python $(PYTHON)
	$(RUN)/pytest -m connected $(T)

system: install browser ## All services, the simulator and a real browser (T=path narrows)
	$(RUN)/pytest -m system $(T)

deploy-check: install ## The chart up to a real API server, and images and compose where Docker can start; needs Go (T=path narrows)
	@$(UV) sync --locked --quiet --inexact --group chart --python $(PYTHON)
	@$(if $(T),,$(RUN)/python -m deploycheck tools)
	$(RUN)/pytest -m "not connected and not system and not engine" $(or $(T),tests/deploy)
	@$(if $(T),,if deploy/images/engine.sh --there; then $(MAKE) --no-print-directory images-check; fi)

crm-check: install ## What every CRM is promised, held against a real one: Tryton from PyPI, on SQLite
	@$(UV) sync --locked --quiet --inexact --group crm --python $(PYTHON)
	$(RUN)/pytest services/crm-notifier/tests/test_telling_a_real_crm.py $(T)

bench: install ## How fast it is, as ratios (ONLY=name for one; tools/bench/README.md)
	@$(UV) sync --locked --quiet --group bench --python $(PYTHON)
	@$(RUN)/wa-bench $(ONLY)

chaos: install ## Kill, stop and cut everything while people talk (MINUTES=5 SEED= PEOPLE=), then check
	$(RUN)/wa-chaos --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(if $(PEOPLE),--people $(PEOPLE))

format: install ## Format the code and mend what can be mended
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

schemas: install ## Write everything that is generated anew: docs/reference and the files of the chart
	$(RUN)/python tools/write_schemas.py
	$(RUN)/python tools/write_chart_files.py

lock: $(filter-out $(shell command -v uv 2>/dev/null),$(UV)) ## Write uv.lock anew after a member's dependencies have changed
	$(UV) lock

##@ Images
images: ## Build every image with Docker (PLATFORMS=linux/amd64,linux/arm64 REGISTRY= PUSH=1; deploy/images/build.sh)
	@deploy/images/build.sh $(ONLY)

sbom: install ## Write what each image holds, and its licences, to dist/sbom (IMAGE_PYTHON=python3.12, as in the images)
	@$(UV) sync --locked --quiet --inexact --group deploy --python $(PYTHON)
	@UV=$(UV) PYTHON=$(IMAGE_PYTHON) deploy/images/sbom.sh $(ONLY)

images-check: install ## Build all images on stand-in bases, run them and the compose file (as root, on Debian; some minutes)
	@$(UV) sync --locked --quiet --inexact --group deploy --python $(PYTHON)
	@deploy/images/engine.sh
	$(RUN)/hadolint */*/Dockerfile
	$(RUN)/pytest -m engine tests/deploy $(T)

##@ Behind the scenes
.uv/bin/uv:
	@echo "Fetching uv from PyPI into .uv (once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check 'uv>=0.12,<0.14'

.venv/installed: $(filter-out $(shell command -v uv 2>/dev/null),$(UV)) uv.lock pyproject.toml $(wildcard */*/pyproject.toml)
	@echo "Installing the workspace into .venv (about 600 MB; a minute, the first time)"
	@$(UV) sync --locked --quiet --compile-bytecode --python $(PYTHON)
	@touch $@

browser: install ## A Chromium for the tests of the chat page, where none is found
	@tools/browser.sh

.PHONY: crm-check deploy-check help install demo up down status test lint types imports flow-check unit connected system format schemas lock browser bench chaos images sbom images-check

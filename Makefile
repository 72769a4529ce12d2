# Photofeed. `make help` lists what there is.

# The first Python that is recent enough; name another one with: make PYTHON=...
ifndef PYTHON
is_recent = $(shell $(1) -c 'import sys; sys.version_info >= (3, 11) and print("$(1)")' 2>/dev/null)
PYTHON := $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(call is_recent,$(p))) python3)
endif

BIN := .venv/bin
SOAK_LIVES ?= 300

# Each process starts a stack of its own, which is 1 GB and half a minute: not worth it for a few
# tests. Three keep two cores busy, since what is long mostly waits; with more cores, take more.
TEST_PROCESSES ?= $(if $(ARGS),0,3)

STACK := $(BIN)/python -m docker.local
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --universal \
	--python-version 3.11 --no-emit-index-url --no-header
PEER := tests/bench/peer/requirements

.DEFAULT_GOAL := help
.PHONY: help environment up down reset restart status logs demo minio secrets test lint format schema lock soak bench

help: ## List these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1 \2/p' $(MAKEFILE_LIST) | awk '{ printf "  %s %-12s", $$1, $$2; $$1 = $$2 = ""; sub(/^ +/, " "); print }'

environment: ## Make the Python environment in .venv; the others do it where they need it
	@$(PYTHON) docker/bootstrap.py

up: environment ## Start the whole stack, and print the addresses when all is ready
	@$(STACK) up

down: environment ## Stop the stack; the data stays
	@$(STACK) down

reset: environment ## Stop the stack, and delete its data, logs and credentials
	@$(STACK) reset

restart: environment ## Start the API and the workers anew, with the code of now
	@$(STACK) restart

status: environment ## Show state, uptime and exits of every process
	@$(STACK) status

logs: environment ## Follow the logs; of some processes: make logs NAMES="api-1 media"
	@$(STACK) logs $(NAMES)

demo: environment ## Let a handful of people use the running stack
	@$(STACK) demo

minio: environment ## Build MinIO from its source (Go 1.24, 5 minutes); `make up` prefers it, unless PHOTOFEED_LOCAL_OBJECT_STORE=weed
	@$(STACK) minio

secrets: ## Make the passwords and keys of the compose deployment, in docker/secrets
	@sh docker/secrets.sh

test: environment ## Run every test, on stacks of their own; some of them: make test ARGS="-k feed"
	@$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: environment ## Check format, style, types, layers, web app, Dockerfile, nginx and compose file
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target lint-web lint-rest

.PHONY: lint-web lint-rest
lint-web:
	$(BIN)/python -m docker.local.web lint

lint-rest:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint docker/Dockerfile
	@configuration="$$($(BIN)/python -m docker.local.nginx)" && printf %s "$$configuration" | $(BIN)/gixy -
	$(BIN)/compose-lint --config docker/compose-lint.yml --strict-config --skip-suppressed --fail-on low docker/compose.yaml

format: environment ## Format the code, and correct what can be corrected
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python -m docker.local.web format

schema: environment ## Print the schema into schema/schema.graphql
	$(BIN)/python -m schema.sdl > schema/schema.graphql

lock: environment ## Renew the lock files; to newer versions: make lock UPGRADE=--upgrade
	$(COMPILE) pyproject.toml $(UPGRADE) --output-file requirements.txt
	$(COMPILE) pyproject.toml $(UPGRADE) --group dev --constraints requirements.txt --output-file requirements-dev.txt
	$(COMPILE) $(PEER).in $(UPGRADE) --output-file $(PEER).txt

soak: environment ## Let a world on real servers live many lives, against a plain oracle; SOAK_LIVES=n
	@SOAK_LIVES=$(SOAK_LIVES) SOAK_STEPS=80 $(BIN)/python -m pytest tests/stores/test_world.py -v

bench: environment ## Measure; to keep the figures: make bench BENCH_JSON=file, one of them: BENCH_ONLY=name
	$(BIN)/python -m tests.bench

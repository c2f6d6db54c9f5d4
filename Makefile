# Every command of the project. Give more arguments in ARGS: make test ARGS="-k restart".

# The Python to start from: the first of these that is new enough.
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
UV_VERSION := 0.13.9
GRPCURL_VERSION := v1.9.4
# Where packages for Node are pinned.
NODE_FOLDERS := clients/typescript tests/e2e/gateway/node tests/gateway/connect/node

# The pinned lists are complete, so pip need not look for more.
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --no-deps
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup serve test check check-protos check-generated check-python fix generate \
	bench lock tools clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: .venv/.dev-ready ## install all that working here needs, into .venv

serve: .venv/.run-ready ## start the server
	@exec $(BIN)/jupyter-sessions serve $(ARGS)

test: .venv/.dev-ready tools ## run the tests, but not those marked slow
	@$(BIN)/python -m pytest $(ARGS)

check: check-protos check-generated check-python ## check style, types, layers, protos, generated code

check-protos: .venv/.dev-ready
	$(BIN)/buf lint
	$(BIN)/buf format protos --diff --exit-code
	tools/check_breaking.sh

check-generated: .venv-generate/.ready clients/typescript/node_modules/.ready
	tools/generate.sh --check

check-python: .venv/.dev-ready
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache

fix: .venv/.dev-ready ## format, and fix what tools can fix
	$(BIN)/ruff format --quiet
	$(BIN)/ruff check --fix
	$(BIN)/buf format protos --write

generate: .venv-generate/.ready clients/typescript/node_modules/.ready ## generate code and the console
	@tools/generate.sh

bench: .venv-bench/.ready ## measure the server beside jupyter_server
	@.venv-bench/bin/python -m benchmarks $(ARGS)

lock: .venv-lock/.ready ## pin requirements/*.txt; ARGS=--upgrade takes newer versions
	@lock() { .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
		--no-emit-index-url --custom-compile-command "make lock" $(ARGS) "$$@"; }; \
	set -e; \
	lock requirements/run.in --output-file requirements/run.txt; \
	lock requirements/dev.in --output-file requirements/dev.txt; \
	lock requirements/bench.in --output-file requirements/bench.txt; \
	grep -E '^(buf-bin|ruff)==' requirements/dev.txt > .venv-lock/same-as-dev.txt; \
	lock requirements/generate.in --constraints .venv-lock/same-as-dev.txt \
		--output-file requirements/generate.txt

# What some tests use; without it they are skipped, and say so. In CI that is a failure.
tools: .tools/grpcurl-$(GRPCURL_VERSION).ready .tools/browser.ready \
	$(NODE_FOLDERS:%=%/node_modules/.ready) ## install grpcurl and packages for Node

clean: ## remove all that these commands made, but not generated code
	rm -rf .venv .venv-bench .venv-generate .venv-lock .tools dist $(NODE_FOLDERS:%=%/node_modules)
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# --- What the commands need. A stamp file says that it is there and up to date.

# The server alone is sooner ready than what checks it.
.venv/.run-ready: requirements/run.txt pyproject.toml | .venv/.created
	@echo "Installing the server into .venv"
	@$(BIN)/python $(PIP_INSTALL) -r requirements/run.txt
	@$(BIN)/python $(PIP_INSTALL) --no-build-isolation --editable .
	@touch $@

.venv/.dev-ready: requirements/dev.txt .venv/.run-ready
	@echo "Installing tests and checks into .venv"
	@$(BIN)/python $(PIP_INSTALL) -r requirements/dev.txt
	@touch $@

.venv-generate/.ready: requirements/generate.txt | .venv-generate/.created
	@echo "Installing the generators into .venv-generate"
	@.venv-generate/bin/python $(PIP_INSTALL) -r requirements/generate.txt
	@touch $@

.venv-bench/.ready: requirements/bench.txt pyproject.toml | .venv-bench/.created
	@echo "Installing the benchmarks into .venv-bench"
	@.venv-bench/bin/python $(PIP_INSTALL) -r requirements/bench.txt
	@.venv-bench/bin/python $(PIP_INSTALL) --no-build-isolation --editable .
	@touch $@

.venv-lock/.ready: Makefile | .venv-lock/.created
	@.venv-lock/bin/python $(PIP_INSTALL) uv==$(UV_VERSION)
	@touch $@

.venv/.created .venv-bench/.created .venv-generate/.created .venv-lock/.created:
	@for python in $(PYTHON); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			$$python -m venv --clear $(@D) && touch $@; exit; \
		fi; \
	done; \
	echo "Python 3.11 or newer is needed; found none of: $(PYTHON)." >&2; \
	echo "Install one, or name it: make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3" >&2; \
	exit 1

.tools/grpcurl-%.ready:
	@if ! command -v go >/dev/null; then \
		echo "grpcurl: skipped, go is not installed"; \
	else \
		echo "Building grpcurl $* (once, about a minute)"; \
		if log=$$(GOBIN="$(CURDIR)/.tools/bin" go install \
			github.com/fullstorydev/grpcurl/cmd/grpcurl@$* 2>&1); \
		then touch $@; \
		else echo "$$log"; echo "grpcurl: skipped, it could not be built"; fi; \
	fi

%/node_modules/.ready: %/package-lock.json
	@if ! command -v npm >/dev/null; then \
		echo "$*: skipped, node is not installed"; \
	else \
		echo "Installing packages for Node into $*" && \
		npm ci --prefix $* --ignore-scripts --no-audit --no-fund --silent && touch $@; \
	fi

# A browser is the system's: it is installed in CI alone.
.tools/browser.ready:
	@mkdir -p $(@D); \
	if command -v chromium >/dev/null; then \
		touch $@; \
	elif [ "$(CI)" ] && command -v apt-get >/dev/null; then \
		echo "Installing chromium"; \
		apt-get update -qq && apt-get install -qq -y chromium >/dev/null && touch $@; \
	else \
		echo "chromium: skipped, it is not installed"; \
	fi

# One door to everything. `make quickstart` and `make test` set up whatever is missing, and are instant when nothing is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
# Extra arguments for pip, e.g. PIP_ARGS='--extra-index-url https://my.mirror/simple'.
PIP_ARGS ?=
# Extra arguments for pytest and for the quickstart, e.g. ARGS='-k web' or ARGS='--seed 1'.
ARGS ?=
BIN := $(VENV)/bin

.PHONY: help setup quickstart test test-formats test-trl test-lerobot lint format types bench build clean

help: ## Show this list.
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: $(VENV)/.browser ## Create the environment, install everything, find or fetch a browser.

$(VENV)/.installed: pyproject.toml constraints-cpu.txt
	@python=$$(for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	    if $$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	    then echo $$name; break; fi; done); \
	if [ -z "$$python" ]; then \
	    echo "Python 3.11 or newer with venv was not found. On Debian or Ubuntu:  apt-get install -y python3 python3-venv" >&2; \
	    exit 2; fi; \
	if ! [ -x $(BIN)/python ]; then echo "creating $(VENV) with $$python"; "$$python" -m venv $(VENV); fi
	@echo "installing clickwright and its dependencies (a few minutes the first time)"
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) -e '.[web,train,view,dev]' -c constraints-cpu.txt
	@touch $@

# In order: a browser that is there, Playwright's download, the system's package manager.
$(VENV)/.browser: $(VENV)/.installed
	@if $(BIN)/clickwright doctor --browser; then touch $@; exit 0; fi; \
	echo "no usable browser: trying Playwright's download"; \
	if $(BIN)/playwright install chromium-headless-shell >$(VENV)/browser.log 2>&1 \
	    && $(BIN)/clickwright doctor --browser; \
	then touch $@; exit 0; fi; \
	echo "that did not work ($(VENV)/browser.log says why)"; \
	if command -v apt-get >/dev/null; then \
	    echo "trying the system's package manager"; \
	    sudo=; if [ "$$(id -u)" != 0 ]; then sudo="sudo -n"; fi; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    if { $$sudo apt-get update -qq || true; } \
	        && { $$sudo apt-get install -y -qq chromium-headless-shell || $$sudo apt-get install -y -qq chromium; } \
	        && $(BIN)/clickwright doctor --browser; \
	    then touch $@; exit 0; fi; fi; \
	{ echo "No browser could be installed. Run one of these, then make again:"; \
	  echo "  $(BIN)/playwright install --with-deps chromium-headless-shell"; \
	  echo "  sudo apt-get install -y chromium-headless-shell"; } >&2; \
	exit 2

quickstart: setup ## Train a policy on MiniWoB++ pages, here, now.
	$(BIN)/clickwright train quickstart $(ARGS)

test: setup ## Run every test.
	$(BIN)/python -m pytest $(ARGS)

# The libraries that our exports are made for, each with its own pins: environments of their own.
$(VENV)-formats/.installed: $(VENV)/.installed Makefile
	$(BIN)/python -m venv $(VENV)-formats
	$(VENV)-formats/bin/python -m pip install --quiet $(PIP_ARGS) -e . -c constraints-cpu.txt \
	    'minari[arrow]==0.5.4' datasets==5.2.0 atif==1.8.0 pytest pytest-timeout hypothesis
	@touch $@

test-formats: $(VENV)-formats/.installed ## Read our exports with Minari, datasets and atif (460 MB, half a minute).
	$(VENV)-formats/bin/python -m pytest tests/formats $(ARGS)

$(VENV)-trl/.installed: $(VENV)/.installed Makefile
	$(BIN)/python -m venv $(VENV)-trl
	$(VENV)-trl/bin/python -m pip install --quiet $(PIP_ARGS) -e . -c constraints-cpu.txt \
	    trl==1.16.0 torch pytest pytest-timeout hypothesis
	@touch $@

test-trl: $(VENV)-trl/.installed ## Train one step of SFT, DPO and KTO with TRL on our exports (1.5 GB).
	$(VENV)-trl/bin/python -m pytest -W ignore tests/formats/test_trl.py $(ARGS)

$(VENV)-lerobot/.installed: pyproject.toml Makefile
	python3.12 -m venv $(VENV)-lerobot
	$(VENV)-lerobot/bin/python -m pip install --quiet $(PIP_ARGS) -e . 'lerobot[dataset]==0.6.1' pytest pytest-timeout hypothesis
	@touch $@

test-lerobot: $(VENV)-lerobot/.installed ## Read our exports with LeRobot (needs Python 3.12; 5 GB).
	$(VENV)-lerobot/bin/python -m pytest -W ignore tests/formats/test_lerobot.py $(ARGS)

lint: $(VENV)/.installed ## Check style.
	$(BIN)/ruff check .

format: $(VENV)/.installed ## Rewrite the code in the house's format.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.installed ## Check types.
	$(BIN)/mypy

bench: setup ## Measure against the raw browser and other projects; then text, pools, sandboxes, codecs and advantages.
	$(BIN)/python -m benchmarks $(ARGS)
	$(BIN)/python -m benchmarks.observation
	$(BIN)/python -m benchmarks.rollout
	$(BIN)/python -m benchmarks.sandboxes
	$(BIN)/python -m benchmarks.codecs
	$(BIN)/python -m benchmarks.advantages

build: $(VENV)/.installed ## Build the sdist, and the wheel from it.
	$(BIN)/python -m build --outdir dist .

clean: ## Remove everything that was made here, runs excepted.
	rm -rf $(VENV) $(VENV)-* build dist .cache/peers .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

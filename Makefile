# `make study` and `make test` need only Python (3.11 or newer) and make; they set up .venv by themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# As many processes as there are CPUs, up to four; the tests of a file stay together, for what they share.
PARALLEL := --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help study test fast soak format docs docs-serve isaaclab test-isaaclab mjlab clean

help:
	@echo 'make study    set up .venv, run the quickstart study, print the best configuration'
	@echo 'make test     set up .venv, run the format, lint, type and layer checks and all tests'
	@echo 'make fast     the same without the tests that take minutes'
	@echo 'make soak     faults at random for an hour, which make test leaves out'
	@echo 'make format   format and fix the code in place'
	@echo 'make docs     write the reference of commands anew and build the documentation into site/'
	@echo 'make docs-serve   show the documentation in a browser while its pages are edited'
	@echo 'make isaaclab       set up Isaac Lab in an environment of its own, outside this folder (1.8 GB)'
	@echo 'make test-isaaclab  run the tests that need it'
	@echo 'make mjlab          set up mjlab in an environment of its own, outside this folder (2.3 GB)'
	@echo 'make clean    remove .venv and the caches; keeps runs/'

study: $(INSTALLED)
	$(BIN)/tuner run quickstart

test: $(INSTALLED) checks
	$(BIN)/python -m pytest $(PARALLEL)

fast: $(INSTALLED) checks
	$(BIN)/python -m pytest $(PARALLEL) -m 'not slow'

soak: $(INSTALLED)
	$(BIN)/python -m pytest -m soak

.PHONY: checks
checks: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Isaac Lab 3.0 without Isaac Sim, in an environment of its own outside this folder: PyTorch and 28 small packages, about
# 1.8 GB. Isaac Lab supports Python 3.12 and CUDA; on 3.11 with PyTorch's CPU build it runs too, which is what tests use.
ISAACLAB := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sac-tuner/isaaclab-3.0
ISAACLAB_PYTHON ?= python3.11
ISAACLAB_INSTALLED := $(ISAACLAB)/.installed
ISAACLAB_2 := $(ISAACLAB)/isaaclab-2.3.2

isaaclab: $(INSTALLED) $(ISAACLAB_INSTALLED) $(ISAACLAB_2)
	$(BIN)/python -m tests.isaaclab.assets '$(ISAACLAB)/assets'
	@echo 'export TUNER_ISAACLAB_PYTHON=$(ISAACLAB)/env/bin/python ISAACSIM_ASSET_ROOT=$(ISAACLAB)/assets'

$(ISAACLAB_INSTALLED): tests/isaaclab/requirements.txt
	mkdir -p '$(ISAACLAB)'
	test -x '$(ISAACLAB)/env/bin/python' || $(ISAACLAB_PYTHON) -m venv '$(ISAACLAB)/env'
	'$(ISAACLAB)/env/bin/python' -m pip install --quiet "$$(grep '^torch==' constraints.txt)" 'numpy>=2'
	'$(ISAACLAB)/env/bin/python' -m pip install --quiet --no-deps --ignore-requires-python -r $<
	touch '$@'

# The package of Isaac Lab 2.3.2 without what it needs: tests compare with its wrapper. It comes under its own licence.
$(ISAACLAB_2): $(ISAACLAB_INSTALLED)
	rm -rf '$@' '$@.part'
	'$(ISAACLAB)/env/bin/python' -m pip download --quiet --no-deps --only-binary :all: --dest '$@.part' \
		--python-version 3.11 --platform manylinux_2_35_x86_64 isaaclab==2.3.2.post1
	'$(ISAACLAB)/env/bin/python' -m zipfile --extract '$@.part'/isaaclab-*.whl '$@.part'
	mv '$@.part' '$@'

# The simulator compiles its kernels once, for minutes; they are kept between runs.
test-isaaclab: export TUNER_ISAACLAB_PYTHON := $(ISAACLAB)/env/bin/python
test-isaaclab: export ISAACSIM_ASSET_ROOT := $(ISAACLAB)/assets
test-isaaclab: export WARP_CACHE_PATH := $(ISAACLAB)/kernels
test-isaaclab: isaaclab
	$(BIN)/python -m pytest $(PARALLEL) tests/isaaclab

# mjlab in an environment of its own outside this folder; no test needs it. Torch comes first and is named again, so that
# nothing replaces the build that pip took for this machine.
MJLAB := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sac-tuner/mjlab-1.6
MJLAB_PYTHON ?= python3.11
MJLAB_INSTALLED := $(MJLAB)/.installed

mjlab: $(MJLAB_INSTALLED)
	@echo 'export TUNER_MJLAB_PYTHON=$(MJLAB)/env/bin/python WARP_CACHE_PATH=$(MJLAB)/kernels'

$(MJLAB_INSTALLED):
	mkdir -p '$(MJLAB)'
	test -x '$(MJLAB)/env/bin/python' || $(MJLAB_PYTHON) -m venv '$(MJLAB)/env'
	'$(MJLAB)/env/bin/python' -m pip install --quiet "$$(grep '^torch==' constraints.txt)"
	'$(MJLAB)/env/bin/python' -m pip install --quiet "$$(grep '^torch==' constraints.txt)" mjlab==1.6.0
	touch '$@'

# MkDocs's theme announces the end of its maintenance in 2027 at every build.
docs docs-serve: export NO_MKDOCS_2_WARNING := 1

docs: $(INSTALLED)
	$(BIN)/python docs/generate/command_reference.py
	$(BIN)/mkdocs build --strict --quiet
	@echo 'The documentation is in site/index.html.'

docs-serve: $(INSTALLED)
	$(BIN)/mkdocs serve

# Torch comes first and by its exact version, so that pip takes the build meant for this machine and nothing that
# is installed later replaces it.
$(INSTALLED): pyproject.toml constraints.txt tests/export/rl-zoo.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 …' >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet "$$(grep '^torch==' constraints.txt)"
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	$(BIN)/python -m pip install --quiet --no-deps -r tests/export/rl-zoo.txt
	touch $@

clean:
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Every target sets up its own virtual environment; nothing else is needed than Python 3.11+ and make.
.DEFAULT_GOAL := help
.PHONY: help demo test laws nightly check bench clean

VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= out/demo
# How many examples each property tries: smoke 10, quick 50, ci 200, nightly 2,000
# (tests/conftest.py).
PROFILE ?= quick

help:
	@echo "make demo   set up, allocate, audit and explain the bundled city's week; prints where to look"
	@echo "make test   set up, run all tests (those in a browser skip where there is no Chromium)"
	@echo "make laws   the laws of the model, 200 examples each"
	@echo "make nightly  the laws of the model, 2,000 fresh examples each"
	@echo "make check  lint, types, import contract"
	@echo "make bench  benchmarks against their peers, printed with size, seed and versions"

demo: $(VENV)/.run
	@$(BIN)/allocator demo --out $(OUT)

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -n 2 --dist worksteal --hypothesis-profile=$(PROFILE)

laws: $(VENV)/.dev
	@$(BIN)/python -m pytest -n 2 --dist worksteal --hypothesis-profile=ci tests/laws

nightly: $(VENV)/.dev
	@$(BIN)/python -m pytest -n 2 --dist worksteal --hypothesis-profile=nightly tests/laws

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks

clean:
	@rm -rf $(VENV) out

$(VENV)/.run: pyproject.toml
	@scripts/setup $(VENV) ".[excel]"
	@touch $@

$(VENV)/.dev: pyproject.toml
	@scripts/setup $(VENV) ".[dev]"
	@touch $(VENV)/.run $@

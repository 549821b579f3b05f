# Every target sets up its own virtual environment; nothing else is needed than Python 3.11+ and make.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench clean

VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= out/demo

help:
	@echo "make demo   set up, allocate, audit and explain the bundled city's week; prints where to look"
	@echo "make test   set up, run all tests (no browser, database or cluster needed)"
	@echo "make check  lint, types, import contract"
	@echo "make bench  benchmarks against their peers, printed with size, seed and versions"

demo: $(VENV)/.run
	@$(BIN)/allocator demo --out $(OUT)

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -n 2 --dist worksteal

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

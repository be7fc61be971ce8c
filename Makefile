# Everything happens in ./.venv; nothing outside this folder is touched except Debian packages a bare machine lacks.
PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: demo test check bench setup clean

setup: .venv/ready

.venv/ready: packaging/constraints.txt pyproject.toml packaging/install-system-packages
	packaging/install-system-packages
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement packaging/constraints.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

demo: setup
	$(BIN)/genodesk-engine demo --out demo

test: setup
	$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff format --check genodesk tests benchmarks
	$(BIN)/ruff check genodesk tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python benchmarks/alphastomics.py
	$(BIN)/python benchmarks/cells.py

clean:
	rm -rf .venv demo build

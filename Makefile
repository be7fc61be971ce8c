# Everything happens in ./.venv; nothing outside this folder is touched except Debian packages a bare machine lacks.
PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= $(shell nproc 2>/dev/null || echo 2)

.PHONY: app demo test screenshots check bench setup clean

setup: .venv/ready

.venv/ready: packaging/constraints.txt pyproject.toml packaging/install-system-packages
	packaging/install-system-packages
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement packaging/constraints.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

app: setup
	$(BIN)/genodesk

# Where there is a screen, the finished runs are shown on it.
demo: setup
	$(BIN)/genodesk-engine demo --out demo
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then $(BIN)/genodesk demo/get-yeast/run demo/genechat/run demo/alphastomics/run; fi

test: setup
	$(BIN)/python -m pytest

# Every page and wizard step in both themes, to be looked at.
screenshots: setup
	GENODESK_SCREENSHOTS=build/screenshots $(BIN)/python -m pytest tests/app/test_app_screenshots.py
	@echo "The pictures lie in build/screenshots."

check: setup
	$(BIN)/ruff format --check genodesk tests benchmarks
	$(BIN)/ruff check genodesk tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python benchmarks/alphastomics.py
	$(BIN)/python benchmarks/cells.py
	$(BIN)/python benchmarks/fasta.py
	$(BIN)/python benchmarks/get_yeast.py
	$(BIN)/python benchmarks/genechat.py
	$(BIN)/python benchmarks/app.py

clean:
	rm -rf .venv demo build

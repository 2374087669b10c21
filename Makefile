PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CHECKED := digest subscribers jobs tests

.PHONY: setup demo test lint format bench docs lock clean
setup: $(READY)

# The stamp depends on the lock, so that a changed pin is installed before the next target runs.
$(READY): requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=python3.11 or newer" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

demo: $(READY)
	$(BIN)/digest demo

# A file's tests share one process, and two processes share the files in the order of their names: xdist's own
# order ends with a test of a minute, one process idle. Compiled modules are kept, also where the environment
# says otherwise: tests start hundreds of processes of ours. A process that was ended for hanging is not
# replaced: xdist would give the next one the same test, again and again.
test: $(READY)
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0 $(ARGS)

lint: $(READY)
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix $(CHECKED)
	$(BIN)/ruff format $(CHECKED)

bench: $(READY)
	for file in tests/bench/bench_*.py tests/bench/fuzz_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

docs: $(READY)
	$(BIN)/python -m tests.browser.pictures

# uv resolves for every Python and system at once; the lock names versions and hashes, never a host.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-header --no-emit-index-url --upgrade --group dev --extra postgres --extra redis --output-file requirements.txt \
		pyproject.toml

clean:
	rm -rf $(VENV) build dist demo .mypy_cache .ruff_cache .pytest_cache .hypothesis

# make run    set up once, then open the app          make test   the tests (test-all: minutes more)
# make check  lint, types, layers                     make bench  speed as ratios      make load  a classroom on loopback

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501

# Tests side by side leave BLAS one thread each: more would spin while they wait, on cores that other tests need.
SIDE_BY_SIDE := OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

.PHONY: torch cluster frameworks run test test-all check bench load lock clean

run: $(VENV)/.compiled
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(VENV)/.test $(VENV)/.compiled
	$(SIDE_BY_SIDE) $(ARGS)

test-all: $(VENV)/.test $(VENV)/.compiled
	$(SIDE_BY_SIDE) -m "exhaustive or not exhaustive" $(ARGS)

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

bench: $(VENV)/.test
	$(BIN)/python -m tests.benchmarks.simulation
	$(BIN)/python -m tests.benchmarks.theory
	$(BIN)/python -m tests.benchmarks.training
	$(BIN)/python -m tests.benchmarks.sweep

load: $(VENV)/.test $(VENV)/.compiled
	$(BIN)/python -m tests.load $(ARGS)

torch: $(VENV)/.test
	$(BIN)/python -m pip install --quiet -r requirements-torch.txt

cluster: $(VENV)/.test
	$(BIN)/python -m pip install --quiet -r requirements-cluster.txt

frameworks: $(VENV)/.test
	$(BIN)/python -m pip install --quiet -r requirements-frameworks.txt

lock: $(VENV)/.test
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header requirements.txt -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header -c requirements.lock requirements.txt requirements-cluster.txt \
	  -o requirements-cluster.lock

clean:
	rm -rf $(VENV)

$(VENV)/.app: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.compiled: $(VENV)/.app initviz/measure/passes.py
	$(BIN)/python -m initviz compile
	touch $@

$(VENV)/.test: $(VENV)/.app requirements-test.txt
	$(BIN)/python -m pip install --quiet -r requirements-test.txt
	touch $@

# Two commands: `make run` and `make test`. Both make .venv on first use.
PYTHON ?= python3
BIN := .venv/bin
CORES := $(shell getconf _NPROCESSORS_ONLN)
# Three test processes on two cores: one of them begins with the browser tests, which wait a lot.
PROCESSES := $(shell echo $$(($(CORES) * 3 / 2 > 2 ? $(CORES) * 3 / 2 : 2)))
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run class test test-cluster check format benchmark assets clean

run: .venv/ready
	$(BIN)/python -m streamlit run app.py

class: .venv/ready
	LAB_MODE=class $(BIN)/python -m streamlit run app.py --server.address 0.0.0.0

# Each start of a server or a command takes 0.3 s longer when Python must not keep its bytecode.
# Several processes share the cores: each trains in one thread, and none waits by spinning.
test: export PYTHONDONTWRITEBYTECODE =
test: export LAB_THREADS = 1
test: export OMP_WAIT_POLICY = passive
test: check
	$(BIN)/python -m pytest --numprocesses $(PROCESSES) --dist worksteal

# Two nodes of Ray on this machine.
test-cluster: export LAB_THREADS = 1
test-cluster: .venv/ready-dev
	$(PIP) -r requirements-cluster.txt
	$(BIN)/python -m pytest -m cluster tests/cluster

check: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: .venv/ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmark: .venv/ready-dev
	$(BIN)/python -m benchmarks.training
	$(BIN)/python -m benchmarks.checkpoints
	$(BIN)/python -m benchmarks.augmentation
	$(BIN)/python -m benchmarks.spreadsheet
	$(BIN)/python -m benchmarks.sweep
	$(BIN)/python -m benchmarks.studies
	$(BIN)/python -m benchmarks.scaling
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.network
	$(BIN)/python -m benchmarks.answers
	$(BIN)/python -m benchmarks.runs
	$(BIN)/python -m benchmarks.evaluation
	$(BIN)/python -m benchmarks.suspicious
	$(BIN)/python -m benchmarks.more_rows
	$(BIN)/python -m benchmarks.forecast
	$(BIN)/python -m benchmarks.error_sources
	$(BIN)/python -m benchmarks.predict
	$(BIN)/python -m benchmarks.fine_tuning
	$(BIN)/python -m benchmarks.faults
	$(BIN)/python -m benchmarks.viewers --seconds 20

# Measured files that the app shows: the curves of Start, the times of studies.
assets: .venv/ready-dev
	$(BIN)/python -m benchmarks.assets.start_weights
	$(BIN)/python -m benchmarks.assets.curves
	$(BIN)/python -m benchmarks.assets.study_times

.venv/ready: requirements.txt
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Descent Lab needs Python 3.11 or newer: make PYTHON=python3.11 run')"
	$(PYTHON) -m venv .venv
	$(PIP) -r requirements.txt
	touch $@

.venv/ready-dev: .venv/ready $(wildcard requirements-*.txt)
	$(PIP) -r requirements-dev.txt
	touch $@

clean:
	rm -rf .venv

# `make test` and `make demo` do all the set-up by themselves: Python 3.11 or newer with pip (or uv) is enough.
# The set-up runs again only when what it installs changes. PYTHON=... picks an interpreter.

.DEFAULT_GOAL := test
.DELETE_ON_ERROR:

VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready

# A caller's own environment must not leak into ours.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.PHONY: setup test demo bench bench-client bench-sandbox bench-sagas bench-triggers bench-endpoint bench-soak format check-format lint types floors tests coverage check-docs docs snapshots clean

test: check-format lint types floors check-docs tests  ## everything CI checks

demo: $(READY)  ## an agent's working session against the built-in sandbox
	@$(PY) examples/demo.py

bench: $(READY)  ## tokens, start-up and overhead, beside their bars
	@$(PY) -m bench

bench-client: $(READY)  ## what the client makes of the allowance, of faults and of equal wishes
	@for topic in pacing faults requests bulk bridge formulas; do $(PY) -m bench.$$topic || exit 1; done

bench-sagas: $(READY)  ## what sagas cost, and what they bear: killed and stopped processes, a failing Airtable
	@for topic in sagas undoing saga_faults crashes owners runners; do $(PY) -m bench.$$topic || exit 1; done

bench-triggers: $(READY)  ## triggers: unruly notifications, killed servers, two on one store, and how soon
	@for topic in triggers triggers_served; do $(PY) -m bench.$$topic || exit 1; done

bench-sandbox: $(READY)  ## how many requests the served sandbox answers, and a large table's pages
	@$(PY) -m bench.sandbox

bench-endpoint: $(READY)  ## a cached read beside the bare SDK, and a hostile network, over HTTP and stdio
	@for topic in endpoint hostile; do $(PY) -m bench.$$topic || exit 1; done

bench-soak: $(READY)  ## fifty clients of the endpoint for ten minutes, while Airtable fails now and then
	@$(PY) -m bench.soak

setup: $(READY)  ## make the environment and nothing else

$(READY): pyproject.toml constraints.txt scripts/setup.sh $(wildcard tests/clients/js/package*.json)
	@PYTHON="$(PYTHON)" sh scripts/setup.sh "$(VENV)" dev
	@touch $@

format: $(READY)  ## write the layout that check-format wants
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

check-format: $(READY)
	@$(PY) -m ruff format --check .

lint: $(READY)
	@$(PY) -m ruff check .

types: $(READY)
	@$(PY) -m mypy

floors: $(READY)  ## modules import downwards only
	@$(VENV)/bin/lint-imports --no-logo

docs: $(READY)  ## write the generated pages
	@$(PY) scripts/generate_docs.py

check-docs: $(READY)
	@$(PY) scripts/generate_docs.py --check

snapshots: $(READY)  ## accept the tools' present schemas as the reviewed ones
	@UPDATE_SNAPSHOTS=1 $(PY) -m pytest -q tests/checks/test_tools_list.py

tests: $(READY)
	@$(PY) -m pytest -q -n auto --dist worksteal

coverage: $(READY)  ## the tests once more, traced: twice as long, and nothing below 97 % of lines and branches
	@$(PY) -m coverage erase
	@$(PY) -m coverage run -m pytest -q -n auto --dist worksteal
	@$(PY) -m coverage combine --quiet
	@$(PY) -m coverage report

clean:
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

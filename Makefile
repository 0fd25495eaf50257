# The targets that a newcomer needs; `make help` lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
READY := $(VENV)/.ready
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help study test check benchmark acceptance presets faults clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --upgrade-strategy only-if-needed -c constraints.txt -e '.[pipeline,text,llm,dev]'
	@touch $(READY)

study: $(READY) ## install, run the pipeline on synthetic recordings, print its numbers
	@python -m stages.expect
	dvc repro
	@echo
	@zsar status | sed -n '1p;/^\*/p' # only the selected cell; the others came with the repository
	@echo
	@python -m stages.done
	@echo 'Next: source $(VENV)/bin/activate, then'
	@echo '  zsar status   every cell that has numbers'
	@echo '  dvc exp run -S method=devise   another method; then: dvc metrics diff'
	@echo '  zsar show demo/S002C001P003R002A019 --scores --to clip.gif   a recording and its scores'
	@echo '  zsar add utd_mhad Skeleton.zip && dvc exp run -S dataset=utd_mhad   real recordings'
	@echo '  zsar reproduce   published tables'

test: $(READY) ## install, run the tests, two files at a time
	pytest -n 2 --dist loadfile

check: $(READY) ## check formatting, lint and types
	ruff format --check .
	ruff check .
	mypy

acceptance: $(READY) ## check the promises of the pipeline in fresh clones
	pytest -v tests/acceptance

presets: $(READY) ## run one published table of each family on stand-in recordings
	ZSAR_PRESETS=brief pytest -v -n 2 --durations 0 tests/presets

faults: $(READY) ## damage 100,000 inputs, fill disks, kill the pipeline 200 times; takes hours
	python tests/faults/harness.py $(FAULTS)

benchmark: $(READY) ## compute every cell of the synthetic recordings
	zsar reproduce demo

clean: ## remove the environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache build *.egg-info src/*.egg-info

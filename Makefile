# Every target makes and reuses .venv by itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# What is in .venv, behind kserve's SDK and the older pandas that it needs.
SERVE := $(VENV)/serve
SERVER_TESTS := tests/deploy_page_test.py tests/docstrings_test.py \
	tests/export/real_rows_test.py tests/export/serving_process_test.py \
	tests/export/serving_rest_test.py
# The slow tests that are run; CI leaves out those of each model of the zoo.
SLOW ?= slow
# What `make notebooks` reads: `mtnas prepare ... --data-dir DATA`.
DATA ?= data
# Where quickstart writes; each run gets a directory of its own.
WORKDIR ?= runs/quickstart-$(shell date +%Y%m%d-%H%M%S)

.PHONY: quickstart test test-slow test-serve lint docs links notebooks wheels bench bench-smoke studies clean

quickstart: $(INSTALLED)
	$(BIN)/mtnas quickstart --workdir $(WORKDIR)

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist worksteal

test-slow: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist worksteal -m "$(SLOW)"

test-serve: $(SERVE)/.installed
	$(SERVE)/bin/python -m pytest -n auto -m "slow or not slow" -k "serv or deploy" $(SERVER_TESTS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The pages as a site, and under build/site/reference the docstrings.
docs: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[docs]"
	$(BIN)/pdoc -d google -o build/extra/reference mtnas_tf mtnas_preprocessing export.exporter export.mismatch export.serving '!export.serving.server' tfds_builders configs
	mkdir -p build/extra/docs
	cp -r docs/figures build/extra/docs/
	$(BIN)/sphinx-build -q -W --keep-going -c docs/site . build/site

# The links that leave the pages; needs the network. docs_test.py follows others.
links: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[docs]"
	$(BIN)/sphinx-build -q -b linkcheck -c docs/site . build/links

# The examples as notebooks with outputs; DATA holds prepared data sets.
notebooks: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[docs]"
	$(BIN)/python docs/notebooks/make.py --data-dir $(DATA)

# One for training, and one for hosts that only serve.
wheels: $(INSTALLED)
	$(BIN)/python -m build --wheel --outdir dist .
	$(BIN)/python -m build --wheel --outdir dist serving

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

studies: $(INSTALLED)
	$(BIN)/python -m studies

bench-smoke: $(INSTALLED)
	$(BIN)/python -m benchmarks --smoke
	$(BIN)/python -m studies --smoke

$(INSTALLED): setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

$(SERVE)/.installed: $(INSTALLED)
	$(BIN)/python -m venv $(SERVE)
	$(BIN)/python -c "import sysconfig; print('import site; site.addsitedir(%r)' % sysconfig.get_path('purelib'))" \
		> $$($(SERVE)/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/behind.pth
	$(SERVE)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[serve]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info serving/build serving/mtnas_serving serving/*.egg-info

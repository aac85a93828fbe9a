# make demo, make test: all a new user needs. Everything runs in .venv, made from the lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install demo test test-all test-readers check format bench lock clean

# The lock is whole, so nothing is resolved. Compiling all 20,000 files takes as long as unpacking them: instead, importing
# what a run imports compiles those, in two processes, even where the environment says not to write bytecode.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
COMPILED := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -W ignore -c

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing from requirements.lock (about 2 minutes the first time)"
	@# torch first and alone: the CPU build must be there before anything asks for a newer one
	@$(PIP) --no-compile "$$(grep '^torch==' requirements.lock)" 2>&1 | grep -v '^WARNING: Location' || true
	@$(PIP) --no-compile -r requirements.lock 2>&1 | grep -v '^WARNING: Location' || true
	@PYTHONWARNINGS=ignore $(PIP) --editable . 2>&1 | grep -v '^WARNING: Location' || true
	@$(COMPILED) "import ray, prefect.cli, prefect.server.api.server, flows.cli, lightgbm, matplotlib.pyplot" & \
	first=$$!; $(COMPILED) "import sentence_transformers, datasets, faiss, model2vec, torch" && wait $$first && touch $@

install: $(STAMP)

demo: $(STAMP)
	@$(BIN)/python -m flows.demo

test: $(STAMP)
	@$(BIN)/python -m pytest -q -n 2 -m "not slow"

test-all: $(STAMP)
	@$(BIN)/python -m pytest -q -n 2

# The trainers' own libraries, in folders that nothing else sees: they would replace packages that mixpipe needs, and
# mosaicml-streaming those that the others need.
READERS := .readers
READERS_PATH := $(READERS)/libraries
$(READERS)/.installed: tests/readers/requirements.txt tests/readers/streaming.txt $(STAMP)
	@rm -rf $(READERS)
	@echo "installing the trainers' libraries (about 2 minutes the first time)"
	@$(PIP) --target $(READERS_PATH) -r tests/readers/requirements.txt 2>&1 | grep -v '^WARNING: Location' || true
	@$(PIP) --target $(READERS)/streaming -r tests/readers/streaming.txt 2>&1 | grep -v '^WARNING: Location' || true
	@PYTHONPATH=$(READERS_PATH) $(BIN)/python -W ignore -c \
	  "import megatron.core, datatrove, olmo_core, litdata, webdataset, smart_open, msgspec"
	@PYTHONPATH=$(READERS)/streaming $(BIN)/python -W ignore -c "import streaming" && touch $@

# With what every format is put to elsewhere, of which one needs litdata.
EVERY_FORMAT := tests/contracts/test_formats.py $(addprefix tests/library/shards/test_,damage.py encoding.py)
test-readers: $(READERS)/.installed
	@PYTHONPATH=$(READERS_PATH) $(BIN)/python -m pytest -q tests/readers $(EVERY_FORMAT)

check: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(STAMP)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(STAMP)
	@$(BIN)/python -m benchmarks

lock: $(STAMP)
	@{ sed -n '/^#/p' requirements.lock; $(BIN)/python -m pip freeze --exclude-editable | sed 's,+cpu$$,,'; } > requirements.new
	@mv requirements.new requirements.lock

clean:
	rm -rf $(VENV) $(READERS) .demo

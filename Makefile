PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# JupyterLab refuses to run as root unless told, as in a container.
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

# Which build of PyTorch pip will find is known only once it has begun, so both are named.
define DOWNLOADS
import importlib.util, sys
rest = "about 290 MB for the other packages"
torch = "about 200 MB for PyTorch"
if sys.platform == "linux":
    torch += " if pip finds the build for CPUs, about 3 GB (5.7 GB on disk) if it finds the one for CUDA, as it usually does on Linux: README.md says how to choose"
if importlib.util.find_spec("torch"):
    torch = "nothing for PyTorch if the one in .venv has the version in requirements.txt"
print(f"To download: {torch}; {rest}.", flush=True)
endef
export DOWNLOADS

.DEFAULT_GOAL := help
.PHONY: help install lab renew test snapshots stills run soak bench book pdf links slides worksheet classroom mark map hooks clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/installed ## create .venv and install everything into it

$(VENV)/installed: requirements.txt pyproject.toml
	@command -v $(PYTHON) > /dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or newer, or name one with make PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else "$(PYTHON) is Python %d.%d: this course needs 3.11 or newer, name one with make PYTHON=..." % v[:2])'
	$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c "$$DOWNLOADS"
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	$(BIN)/jupyter labextension disable --level=sys_prefix "@jupyterlab/apputils-extension:announcements" > /dev/null 2>&1
	@touch $@

lab: $(VENV)/installed ## open your copies of the notebooks, in my/, in JupyterLab; options in ARGS="--no-browser --port=8890"
	$(BIN)/python -m tools.lab $(ROOT) $(ARGS)

renew: $(VENV)/installed ## take fresh copies into my/ and keep the old ones: ARGS="04 05"
	$(BIN)/python -m tools.lab --renew $(ARGS)

# Two workers share two cores, so a kernel gets one thread.
test: $(VENV)/installed ## lint, unit tests and every notebook cell against its stored output, in one run
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses=2 $(ARGS)

snapshots: $(VENV)/installed ## write the looks of figures, the report of diagnose and the draws of exercises anew, to be read as a diff: git diff tests/__snapshots__
	$(BIN)/python -m pytest --override-ini=addopts= -p no:cacheprovider -q --snapshot-update \
		tests/test_looks.py tests/test_diagnosis_sentences.py tests/test_exercise_draws.py

stills: $(VENV)/installed ## draw the stills of the figures that move, for where nothing moves; needs Chromium
	$(BIN)/python -m tools.stills

run: $(VENV)/installed ## execute all notebooks in place, with seconds and peak memory of each
	$(BIN)/python -m tools.run $(ARGS)

soak: $(VENV)/installed ## run all notebooks again and again, with other threads and seeds, and compare; options in ARGS="--rounds 3"
	$(BIN)/python -m tools.soak $(ARGS)

bench: $(VENV)/installed ## measure speed as ratios in one run, and diagnose and memory as they are
	$(BIN)/python -m tools.bench $(ARGS)

book: $(VENV)/installed ## build the site with its decks, into book/_build/html
	$(BIN)/python -m book.prepare
	$(BIN)/python -m book.make_slides book/_build/html/slides
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet --builder html --conf-dir book \
		--doctree-dir book/_build/doctrees book/_build/source book/_build/html

pdf: book ## print the built site as one PDF, into book/_build/course.pdf; needs Chromium
	$(BIN)/python -m book.make_pdf

links: $(VENV)/installed ## follow every link of the site to other machines
	$(BIN)/python -m book.prepare
	$(BIN)/python -m sphinx --keep-going --quiet --builder linkcheck --conf-dir book \
		--doctree-dir book/_build/doctrees book/_build/source book/_build/links

slides: $(VENV)/installed ## write a deck for a lecture and one for each notebook, into book/_build/slides
	$(BIN)/python -m book.make_slides

worksheet: $(VENV)/installed ## print all predictions as a worksheet, and its key, into book/_build/worksheet
	$(BIN)/python -m book.worksheet

classroom: $(VENV)/installed ## pack the course for students and for the teacher, into book/_build/classroom
	$(BIN)/python -m book.make_classroom

mark: $(VENV)/installed ## run the checks in a class's notebooks, into a CSV: ARGS="FOLDER --csv marks.csv"
	$(BIN)/python -m tools.mark $(ARGS)

map: $(VENV)/installed ## write the map into README.md and book/teaching.md, and the pages of questions and symptoms
	$(BIN)/python -m book.course
	$(BIN)/python -m book.lecture
	$(BIN)/python -m book.questions

hooks: $(VENV)/installed ## ruff and the map before each commit, by pre-commit
	$(BIN)/python -m pip install --quiet pre-commit==4.7.0
	$(BIN)/pre-commit install

clean: ## remove .venv and what the tools leave behind
	rm -rf $(VENV) .hypothesis .mypy_cache .ruff_cache book/_build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: offline processors replicate kernels mutate-notebooks mutate-helpers
offline: $(VENV)/installed ## every notebook with any connection but to this machine refused
	ALL_NOTEBOOKS=1 $(BIN)/python -m pytest --override-ini=addopts= -p no:cacheprovider -q tests/test_offline.py $(ARGS)

processors: $(VENV)/installed ## run all notebooks under other arithmetics, acted out on this machine, and compare; ARGS="--orders 5"
	$(BIN)/python -m tools.processors $(ARGS)

replicate: $(VENV)/installed ## run each notebook's conclusions on fresh draws, into data/replication.json; ARGS="05 06 --minutes 30"
	$(BIN)/python -m tools.replicate $(ARGS)

kernels: $(VENV)/installed ## start eight kernels at once, twenty times: do all answer?
	KERNEL_STARTS=20 $(BIN)/python -m pytest --override-ini=addopts= -p no:cacheprovider -q tests/test_kernels.py $(ARGS)

mutate-notebooks: $(VENV)/installed ## change one number of a notebook at a time: does nbval notice? ARGS="--minutes 60"
	$(BIN)/python -m tools.mutate_notebooks $(ARGS)

mutate-helpers: $(VENV)/installed ## mutation testing of helpers/, with mutmut; ARGS="weights losses --minutes 60"
	$(BIN)/python -m pip install --quiet mutmut==3.8.1
	$(BIN)/python -m tools.mutate_helpers $(ARGS)

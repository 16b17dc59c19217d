# Everything works from a clone that has Python 3.11 or newer, make and a package
# registry. `make` lists the targets; the first run of any of them sets up .venv. Another
# interpreter, environment or installer: make PYTHON=python3.13 VENV=.venv-3.13 INSTALLER=uv

PYTHON ?= python3
VENV ?= .venv
INSTALLER ?= $(if $(shell command -v uv 2>/dev/null),uv,pip)
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PAGES := clauses=clauses model.mutation=mutants proofs.theorems=theorems model.mesh=model

.DEFAULT_GOAL := help
.PHONY: check prove-mutants test deep fuzz coverage lint wheel-test chaos bench docs pages environment lock clean help

check: $(READY) ## explore the default scopes, prove the theorems (ARGS=... for the scopes)
	@$(BIN)/primacy check $(ARGS)
	@$(BIN)/primacy check --model liveness
	@$(BIN)/primacy prove

prove-mutants: $(READY) ## show that the theorems refuse mutants, and that no path is vacuous
	@$(BIN)/primacy prove --mutants --jobs 2
	@$(BIN)/primacy prove --paths --jobs 2

test: $(READY) ## run all tests and the examples in the documents (ARGS=...)
	@$(BIN)/python -m pytest --quiet --numprocesses auto $(ARGS)

deep: $(READY) ## run the tests that take minutes: larger worlds, to the end
	@$(BIN)/python -m pytest --quiet --numprocesses auto -m deep $(ARGS)

fuzz: $(READY) ## stateful fuzzing, 20,000 runs: half an hour of a core (ARGS=...)
	@$(BIN)/python -m pytest --quiet --hypothesis-profile=deep tests/stateful/test_machine.py $(ARGS)

coverage: $(READY) ## show that the tests of the core reach each statement and branch of it
	@$(BIN)/python -m pytest --quiet --numprocesses auto tests/core --cov

lint: $(READY) ## check style, spelling, types, layers and the liftable subset
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/codespell
	@$(BIN)/mypy --strict --no-error-summary
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/python -m primacy_proofs.subset.lint core/primacy

wheel-test: $(READY) ## build the wheels, try them in fresh environments, and the set-up itself
	@$(BIN)/python -m pytest --quiet --numprocesses auto --dist loadfile -m wheel tests/packaging

chaos: $(READY) ## do real faults to agents that run, and judge what clients saw (ARGS=...)
	@$(BIN)/python -m tests.runtime.chaos $(ARGS)

bench: $(READY) ## print how fast the core, the checker and agents are, these beside others
	@$(BIN)/python -m primacy_model.bench.core
	@$(BIN)/python -m tests.runtime.against --quick

docs: $(READY) ## build the documents into docs/_build/html; a warning is an error
	@$(BIN)/sphinx-build -q -n -W --keep-going -b html docs docs/_build/html

pages: $(READY) ## write the generated pages and schemas anew, a quarter of an hour (PAGES=...)
	@for page in $(PAGES); do \
	    echo "docs/$${page##*=}.md" && \
	    $(BIN)/python -m tests.$${page%%=*}.page > docs/$${page##*=}.md.new && \
	    mv docs/$${page##*=}.md.new docs/$${page##*=}.md || exit 1; \
	done
	@$(BIN)/python -m tests.documents.pictures
	@$(BIN)/python -m primacy_model.conformance.schemas

environment: $(READY) ## set up the environment, and nothing else

lock: $(READY) ## choose the newest versions allowed, write requirements.lock, say what changed
	@$(BIN)/python .ci/lock.py $(BIN)/uv

clean: ## remove the environment and everything that was made
	@rm -rf .venv .venv-* dist docs/_build .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 16

$(READY): requirements.lock pyproject.toml core/pyproject.toml .ci/environment.py
	@$(PYTHON) .ci/environment.py $(VENV) --installer $(INSTALLER)
	@touch $@

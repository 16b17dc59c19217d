# Everything works from a clone that has Python 3.11 or newer, make and a package
# registry. `make help` lists the targets; the first run of any of them sets up .venv.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
PIP_TOOLS := pip-tools==7.6.2

.DEFAULT_GOAL := check
.PHONY: check bite test deep adversary coverage lint wheel-test chaos bench docs lock clean help

check: $(READY) ## explore the default scopes, prove the theorems (ARGS=... for the scopes)
	@$(BIN)/primacy check $(ARGS)
	@$(BIN)/primacy check --model liveness
	@$(BIN)/primacy prove

bite: $(READY) ## show that the theorems refuse bent cores, and exclude no path for nothing
	@$(BIN)/primacy prove --mutants --jobs 2
	@$(BIN)/primacy prove --paths --jobs 2

test: $(READY) ## run all tests and the examples in the documents (ARGS=...)
	@$(BIN)/python -m pytest --quiet --numprocesses auto $(ARGS)

deep: $(READY) ## run the tests that take minutes: larger worlds, to the end
	@$(BIN)/python -m pytest --quiet --numprocesses auto -m deep $(ARGS)

adversary: $(READY) ## let adversaries do 20,000 runs to a mesh, half an hour of a core (ARGS=...)
	@$(BIN)/python -m pytest --quiet --hypothesis-profile=deep tests/stateful/test_machine.py $(ARGS)

coverage: $(READY) ## show that the tests of the core reach each statement and branch of it
	@$(BIN)/python -m pytest --quiet --numprocesses auto tests/core --cov

lint: $(READY) ## check style, types, layers and the liftable subset
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/mypy --strict --no-error-summary
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/python -m primacy_proofs.subset core/primacy

wheel-test: $(READY) ## build the wheel and try it in a fresh environment without extras
	@$(BIN)/python -m pytest --quiet -m wheel tests/test_wheel.py

chaos: $(READY) ## do real faults to agents that run, and judge what clients saw (ARGS=...)
	@$(BIN)/python -m tests.runtime.chaos $(ARGS)

bench: $(READY) ## print how fast the core, the checker and agents are, these beside others
	@$(BIN)/python -m primacy_model.bench
	@$(BIN)/python -m tests.runtime.against --quick

docs: $(READY) ## build the documents into docs/_build/html; a warning is an error
	@$(BIN)/sphinx-build -q -n -W --keep-going -b html docs docs/_build/html

lock: ## choose the newest versions allowed and write requirements.lock
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_TOOLS)
	@CUSTOM_COMPILE_COMMAND="make lock" .venv-lock/bin/pip-compile --quiet --all-extras \
	    --allow-unsafe --strip-extras --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --no-emit-trusted-host --output-file .venv-lock/lock pyproject.toml
	@# `proofs` asks for `primacy[model]`. That is this folder, which has no hash: pip-compile
	@# warns of it, and the line is taken out.
	@sed '/^# WARNING/,/^    # via/d' .venv-lock/lock > requirements.lock
	@rm -rf .venv-lock

clean: ## remove the environment and everything that was made
	@rm -rf .venv .venv-lock dist docs/_build .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "primacy needs Python 3.11 or newer: try  make PYTHON=python3.11" >&2; exit 1; }
	@echo "Setting up .venv (once; about a minute)" >&2
	@$(PYTHON) -m venv --clear .venv
	@# Without --no-deps pip before 23.3 asks the registry for what an extra of a locked
	@# package needs, and fails as soon as that has a newer release than the locked one.
	@$(PIP) install --no-deps --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

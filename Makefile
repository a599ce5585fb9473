# Kết Nối. `make` alone lists what there is. All paths are relative, so the project may lie anywhere.

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PY := .venv/bin/python
export PYTHONUTF8 := 1
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
# a machine that keeps no bytecode would compile all packages anew for each of the many processes of a start and a test
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run setup setup-dev test check fix migration migration-is-named bench screenshots locks doctor clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: setup ## start everything here: databases, web, worker, demo (PORT=8000 DATA_DIR=.data DEMO=1)
	@exec $(PY) -m app run

setup: .venv/.runtime app/static/vendor/manifest.json ## make what a start needs: environment, packages, front-end files

setup-dev: setup .venv/.dev ## the same, and what tests and checks need

test: setup-dev ## run every test on all cores, browser tests included (PYTEST_ARGS="-k name" for some)
	@scripts/browser.sh >/dev/null
	@exec $(PY) -m pytest -n auto $(PYTEST_ARGS)

check: setup-dev ## format, lint, types, storeys, translations, migrations, lock files, house rules
	@$(PY) -m ruff format --check --output-format concise --quiet .
	@$(PY) -m ruff check --quiet .
	@$(PY) -m mypy --no-error-summary
	@$(PY) -c "from importlinter.cli import lint_imports_command as main; main()" >.venv/storeys.log 2>&1 || { cat .venv/storeys.log; exit 1; }
	@$(PY) -m app.core.i18n check
	@$(PY) -m app migrate --check
	@$(PY) scripts/locks.py
	@$(PY) scripts/house.py
	@echo "check: all is well"

fix: setup-dev ## format the code and mend what the linter can mend
	@$(PY) -m ruff format --quiet .
	@$(PY) -m ruff check --fix --quiet .

migration: migration-is-named setup-dev ## write a migration after a change of tables (APP=people DESC="what for")
	@PICCOLO_CONF=app.piccolo_conf $(PY) -m piccolo.main migrations new $(APP) --auto --desc="$(DESC)"

migration-is-named:
	@test -n "$(APP)" && test -n "$(DESC)" || { echo 'Please say for what: make migration APP=people DESC="what for"' >&2; exit 2; }

bench: setup-dev ## run the benchmarks beside their baselines, write bench/results/*.json
	@exec $(PY) -m bench

screenshots: setup-dev ## take the pictures of the README from a running demo
	@scripts/browser.sh >/dev/null
	@exec $(PY) scripts/screenshots.py

locks: setup-dev ## resolve the lock files again after a change of the dependencies in pyproject.toml
	@$(PY) scripts/locks.py write

doctor: setup ## say what is wrong on this machine and how to mend it
	@exec $(PY) -m app doctor

clean: ## remove what the set-up made; the data folder stays
	@rm -rf .venv .tools node_modules app/static/vendor .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# What follows is made once and again only when its lock file changes: a second start needs no network.

.venv/.bootstrap: requirements-bootstrap.lock scripts/venv.sh
	@echo "Setting up: virtual environment"
	@scripts/venv.sh
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-bootstrap.lock
	@touch $@

.venv/.runtime: .venv/.bootstrap requirements.lock
	@echo "Setting up: locked packages"
	@scripts/install.sh requirements.lock
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	@echo "Setting up: packages for tests and checks"
	@scripts/install.sh requirements-dev.lock
	@touch $@

node_modules/.ready: .venv/.bootstrap package.json package-lock.json
	@echo "Setting up: front-end packages"
	@scripts/npm.sh ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

app/static/vendor/manifest.json: node_modules/.ready .venv/.runtime app/assets.py
	@$(PY) -m app.assets >/dev/null
	@touch $@

# `make` alone lists the commands. Nothing but Python 3.11 or newer, git and make is needed first.

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench soak lock screenshots tables wheel

PYTHON := .venv/bin/python
# A port other than 8000: `make demo PORT=8080`.
PORT :=

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: ## set the store up with a demo catalogue under ./var and serve it on http://127.0.0.1:8000
	@sh scripts/setup.sh run
	@exec $(PYTHON) -m pennywhistle demo $(if $(PORT),--port $(PORT))

test: ## set up and run every check: lint, types, import contracts, tests on each database here
	@sh scripts/setup.sh test
	@exec sh scripts/test.sh

lint: ## ruff, import contracts and mypy, without the tests
	@sh scripts/setup.sh test
	@exec sh scripts/lint.sh

bench: ## measure every figure that the README quotes; one figure: .venv/bin/python -m bench NAME
	@sh scripts/setup.sh test
	@exec $(PYTHON) -m bench all

soak: ## the long searches in full, and every property test again and again with other seeds
	@sh scripts/setup.sh test
	@exec sh scripts/test.sh soak

lock: ## pin requirements/*.in afresh, with hashes
	@sh scripts/lock.sh

screenshots: ## take the README's pictures again
	@sh scripts/setup.sh test
	@exec $(PYTHON) -m tests.browser.screenshots

tables: ## compute the tables of docs/money.md, docs/tags.md and docs/recipes.md again
	@sh scripts/setup.sh test
	@$(PYTHON) -m tests.guards.money_tables
	@$(PYTHON) -m tests.guards.tags_table
	@exec $(PYTHON) -m tests.guards.recipe_tables

wheel: ## build dist/pennywhistle-*.whl
	@sh scripts/setup.sh test
	@exec $(PYTHON) -m build --wheel --no-isolation

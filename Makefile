# What one does with the portal. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench image bare hosts mutants protections format messages lock

PYTHON = .venv/bin/python
# Many processes start: what one has compiled the others read.
export PYTHONDONTWRITEBYTECODE =
COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make the environment: Python and npm packages, from nothing
	@scripts/setup

demo: setup ## run everything at http://127.0.0.1:8000 (PORT=, SANDBOX_PORT=, MAIL_PORT=, HOOK_PORT=; FRESH=1 starts over)
	@$(PYTHON) -m scripts.demo

test: setup ## run all tests, with real PostgreSQL, Redis, worker and browser (ONLY="tests/billing ..." a part, AT=2027-03-28T00:30 at another moment)
	@$(PYTHON) -m scripts.test

lint: setup ## check style, types, import rules, templates, settings and migrations
	@$(PYTHON) -m scripts.lint

bench: setup ## measure the portal against its targets, in twelve minutes (QUICK=1 in two; KEEP=1 also writes docs/performance.*)
	@$(PYTHON) -m scripts.bench

image: setup ## build the image on a plain Debian and run it once (as root, with buildah and debootstrap; five minutes)
	@$(PYTHON) -m scripts.image

bare: setup ## follow the handbook on a bare Debian, and see that it works (as root, with debootstrap; ten minutes)
	@$(PYTHON) -m scripts.bare

hosts: setup ## work on a portal of nine hosts that are cut off and killed (as root; fifteen minutes)
	@$(PYTHON) -m scripts.hosts

mutants: setup ## change portal/resources a thousand times and see whether its tests notice (ten minutes)
	@$(PYTHON) -m scripts.mutants

protections: setup ## take out each protection of pipeline, sealing and scopes, and see which test fails without it (ten minutes)
	@$(PYTHON) -m scripts.protections

format: setup ## bring the code into form, and docs/settings.md up to date
	$(PYTHON) -m ruff check --fix --quiet
	$(PYTHON) -m ruff format
	$(PYTHON) -m scripts.settings_page

messages: setup ## collect all visible text for translation in locale/*/LC_MESSAGES/django.po
	@$(PYTHON) -m scripts.messages
	@scripts/setup

lock: setup ## renew the lock files after a change of pyproject.toml (UPGRADE=1 takes newer versions)
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements/base.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --group dev -o requirements/dev.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group uv -o requirements/uv.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group node -o requirements/node.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group sbom -o requirements/sbom.txt

# The only list of commands; .ci/run calls these targets.
# Needs Python 3.11 or later; `setup` makes everything else in .venv.

PYTHON ?= python3
BIN := .venv/bin
GROUPS := flask:flask_app fastapi:fastapi_app load:loadtests tests:tests

.DEFAULT_GOAL := help
.PHONY: help setup compare selftest bench-generator test test-rest test-all check format readme lock images audit parity-soak parity-faults replica-loss hazards glue threads screenshot up down clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/installed ## Make .venv with everything that development needs

.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name one: make PYTHON=python3.13 …"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' \
		|| { echo "$(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv"; exit 2; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

compare: setup ## Measure both services as local processes: table and report in results/ (1 to 2 minutes, no Docker)
	$(BIN)/python -m loadtests compare $(ARGS)

selftest: setup ## Compare each service with itself, and with itself 5 % slower, 20 times (45 minutes)
	$(BIN)/python -m loadtests selftest $(ARGS)

bench-generator: setup ## Measure our load generator beside Locust's own users, wrk and oha where there are any (7 minutes)
	$(BIN)/python -m tests.experiments.generators
	$(BIN)/python -m tests.experiments.by_generator

test: check ## Lint, types, import rules, and every test that needs neither Docker nor minutes (3 minutes)
	$(BIN)/pytest -m "not full" -n 4 --dist loadfile

test-rest: setup ## The tests that `test` leaves out: containers, browser, whole comparisons (10 minutes)
	$(BIN)/pytest -m full

test-all: test test-rest ## Every test

check: setup ## Lint, types, import rules, and whether the README shows the committed run
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.repo.readme --check

format: setup ## Format the code and sort the imports
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

readme: setup ## Draw the README's tables and pictures again from the committed results
	$(BIN)/python -m tests.repo.readme

lock: setup ## Resolve pyproject's groups again into the requirements.txt of every folder
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --upgrade -q -o requirements.txt
	@for pair in $(GROUPS); do \
		$(BIN)/uv pip compile pyproject.toml --group $${pair%%:*} --universal --generate-hashes --no-header -q \
			-c requirements.txt -o $${pair##*:}/requirements.txt || exit 1; \
	done

images: setup ## Build both images, slim and plain, and print what is in them and how they start (minutes)
	$(BIN)/python -m tests.integration.images $(ARGS)

audit: setup ## Ask a vulnerability database about everything the two images were installed from
	$(BIN)/python -m tests.integration.images.audit

parity-soak: setup ## Ask both services 20,000 generated requests with a fresh seed
	$(BIN)/python -m tests.parity.engine.soak $(ARGS)

parity-faults: setup ## Plant every fault in turn and write the table of who notices it (minutes); ARGS=--containers checks it in containers
	$(BIN)/python -m tests.parity.faults.table $(ARGS)

replica-loss: setup ## Kill replicas behind nginx under load and count the requests that fail; --stop stops them (2 minutes)
	$(BIN)/python -m tests.integration.containers.replica_loss $(ARGS)

hazards: setup ## Show what one client can do to all others where no proxy stands in front (2 minutes)
	$(BIN)/python -m tests.experiments.hazards $(ARGS)

glue: setup ## Measure what our code around each framework costs against a five-line app
	$(BIN)/python -m tests.experiments.glue

threads: setup ## Measure how many threads serve Flask best
	$(BIN)/python -m tests.experiments.threads

screenshot: setup ## Take the README's pictures of the Locust page and of the report (needs Chromium)
	$(BIN)/python -m tests.integration.browser.locust_ui loadtests/published/locust-ui.png
	$(BIN)/python -m tests.integration.browser.report_page loadtests/published loadtests/published/report.png

up: ## Build and start Flask (1300), FastAPI (1301) and the Locust web UI (8089) in containers
	docker compose up --build --detach

down: ## Stop and remove those containers
	docker compose down

clean: ## Remove the environment and every cache
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

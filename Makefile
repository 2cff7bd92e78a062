# Short names for what bin/ and .ci/ do. `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help demo test e2e pictures lint types format hooks soak ci full lock audit messages

help: ## list these targets
	@sed -n 's/^\([a-z0-9]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name words; do printf '%-10s%s\n' "$$name" "$$words"; done

demo: ## serve the made-up charity at http://127.0.0.1:8000/
	@bin/demo

test: ## run the test suite on SQLite, without network, browser or server
	@bin/test

e2e: ## run the browser tests (needs Chromium)
	@bin/bootstrap e2e
	bin/test tests/e2e

pictures: ## take the pictures of the guides (docs/pictures) from the demo; needs Chromium
	@bin/bootstrap e2e
	.venv/bin/python -m tests.e2e.pictures

lint: ## check the style of code and templates, and who may import whom
	@bin/bootstrap dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/djlint --check --lint --quiet templates
	.venv/bin/lint-imports --no-logo

types: ## check the types with mypy
	@bin/bootstrap dev
	.venv/bin/mypy

format: ## write code and templates as `make lint` wants them
	@bin/bootstrap dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/djlint --reformat --quiet templates

hooks: ## check each commit with the local pre-commit hooks
	@bin/bootstrap dev
	.venv/bin/pre-commit install

soak: ## run the tests with made-up examples, with more of them and other ones each time
	@bin/test -m hypothesis --hypothesis-profile=soak

ci: ## run the gate of every change (.ci/run)
	@.ci/run

full: ## run the gate before an issue is called resolved (.ci/full)
	@.ci/full

lock: ## write requirements/*.txt anew from *.in; UPGRADE=1 takes the newest versions that *.in allows
	@bin/bootstrap dev
	cd requirements && for kind in uv base production dev e2e bench audit; do \
		../.tools/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.12 --no-emit-index-url \
			--excludes excludes.txt --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) --output-file $$kind.txt $$kind.in || exit 1; \
	done

audit: ## compare the packages of production with published advisories; needs the network (docs/dependencies.md)
	@bin/bootstrap dev
	@.tools/bin/uv venv --quiet --clear .tools/audit
	@.tools/bin/uv pip sync --quiet --require-hashes --python .tools/audit/bin/python requirements/audit.txt
	.tools/audit/bin/pip-audit --requirement requirements/production.txt --disable-pip --strict --progress-spinner off

messages: ## write the portal's texts into a catalogue for translators: make messages LANGUAGE=cy (needs gettext)
	@bin/bootstrap dev
	.venv/bin/python manage.py makemessages --locale $(LANGUAGE) --no-location --no-wrap --ignore .venv --ignore tests --ignore var

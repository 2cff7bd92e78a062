# Each target is one command; DESIGN's public ones are in bin/.
.PHONY: demo test e2e pictures lint format lock messages ci hooks

demo:
	@bin/demo

test:
	@bin/test

e2e: ## the browser tests
	@bin/bootstrap e2e
	.venv/bin/pytest tests/e2e

pictures: ## take the pictures of the guides (docs/pictures) from the demo; needs Chromium
	@bin/bootstrap e2e
	.venv/bin/python -m tests.e2e.pictures

lint: ## what CI asks of the code before it runs anything
	@bin/bootstrap dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/djlint --check --lint --quiet templates
	.venv/bin/lint-imports

format:
	@bin/bootstrap dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/djlint --reformat --quiet templates

lock: ## write requirements/*.txt anew from *.in; UPGRADE=1 takes the newest versions that *.in allows
	@bin/bootstrap dev
	cd requirements && for kind in uv base production dev e2e; do \
		../.tools/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.12 --no-emit-index-url \
			--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) --output-file $$kind.txt $$kind.in || exit 1; \
	done

messages: ## the portal's texts in a catalogue for translators: make messages LANGUAGE=cy (needs gettext)
	.venv/bin/python manage.py makemessages --locale $(LANGUAGE) --no-location --no-wrap --ignore .venv --ignore tests --ignore var

ci:
	bash .ci/run

hooks: ## the local pre-commit hooks
	@bin/bootstrap dev
	.venv/bin/pre-commit install

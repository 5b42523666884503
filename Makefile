# `make run` sets all up and does the main job; `make test` passes the tests. The rest: `make help`.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
OUT ?= out

# On Linux pip takes PyTorch's CUDA build, several gigabytes. For the small CPU build name PyTorch's own index:
# make run TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=

.PHONY: help run test test-long lint setup setup-dev system wheel demo install-desktop clean

help: ## list of targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

run: setup ## open the window (or, without a display, track the demo into out/)
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
		$(PY) main.py; \
	else \
		echo "No display here: tracking the demo into $(OUT)/"; \
		$(PY) main.py track assets/demo.mp4 --out $(OUT) --overwrite; \
	fi

# A few more at once than there are cores (tests/conftest.py); who has nothing left takes over from the others. Bytecode
# is kept even where the environment says otherwise: each of them would compile all tests anew, a third of what
# collecting them costs.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -n auto --dist worksteal

test: setup-dev ## all quick tests
	$(PYTEST)

test-long: setup-dev ## the slow tests too
	$(PYTEST) -m "slow or not slow" -o faulthandler_timeout=7200

lint: setup-dev ## style and types
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy

setup: $(VENV)/.installed ## the program and all it needs, in .venv

setup-dev: $(VENV)/.installed-dev ## with what tests and training need

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml Makefile | system $(VENV)/bin/python
	@sh assets/packaging/install_torch.sh $(PY) $(TORCH_INDEX)
	$(PY) -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PY) -m pip install --quiet --disable-pip-version-check -e ".[dev,render]"
	@touch $@

# Libraries a Qt window needs on Debian and Ubuntu; nothing to do elsewhere, or where they are there.
system:
	@sh assets/packaging/install_system.sh

wheel: setup-dev ## a wheel in dist/
	$(PY) -m build --wheel --no-isolation

demo: setup-dev ## render assets/demo.mp4 again
	$(PY) -m ppnet render demo assets

install-desktop: setup ## an entry in the desktop's menu
	sh assets/packaging/install_desktop.sh "$(abspath $(PY))" "$(abspath main.py)"

clean: ## remove what was built (never results or runs)
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache

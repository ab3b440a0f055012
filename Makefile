# make demo   install into .venv, sync the sample documents, ask one question     (a few minutes the first time)
# make test   install what the tests need and run them all, offline
# make check  format, lint, types, import rules
# make page   the page in the browser
# make screenshots   pictures of every view, in docs/screenshots (needs Chromium)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# llama-cpp-python is compiled here, for this machine's processor: libllama and ggml alone take a quarter of the time that
# everything takes. A CMAKE_ARGS of your own (for CUDA, Metal, …) is used instead. (CMake arguments cannot hold blanks.)
LIBRARY_ONLY := $(if $(word 2,$(CURDIR)),,-DCMAKE_PROJECT_INCLUDE=$(CURDIR)/build_support/llama_library_only.cmake)
export CMAKE_ARGS ?= -DLLAVA_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
	-DLLAMA_BUILD_TESTS=OFF -DLLAMA_OPENSSL=OFF $(LIBRARY_ONLY)

.PHONY: demo install test check page screenshots imports clean

demo: install
	@echo "▶ 同步示例资料 data/docs"
	@$(BIN)/wendang sync
	@echo "▶ wendang ask \"锦城湖线班车早上几点发车？\""
	@$(BIN)/wendang ask "锦城湖线班车早上几点发车？"

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml build_support/llama_library_only.cmake
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "需要 Python 3.11 或更高版本：make demo PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "▶ 1/2 编译 llama.cpp（两个核约两分钟）"
	@$(PIP) install --quiet "$$($(PYTHON) -c 'import tomllib; print(next(d for d in tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"] if d.startswith("llama-cpp-python")))')"
	@echo "▶ 2/2 安装其余依赖（约两分钟，下载约 700 MB）"
	@$(PIP) install --quiet -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "▶ 安装测试所需的依赖"
	@$(PIP) install --quiet -e '.[dev]'
	@touch $@

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

imports: install
	$(BIN)/python tests/import_everything.py

page: $(VENV)/installed
	@$(BIN)/python -c 'import streamlit' 2>/dev/null || $(PIP) install --quiet -e '.[ui]'
	@$(BIN)/wendang page

screenshots: $(VENV)/installed-dev
	$(BIN)/python tests/ui/browser/screenshots.py

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache

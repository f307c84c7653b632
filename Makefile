# SPDX-License-Identifier: Apache-2.0
#
# The two commands everybody needs are `make run` and `make test`. Everything here only calls what stands in tools/ and
# in CMakePresets.json; CONTRIBUTING.md shows the same by hand.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.NOTPARALLEL:

JOBS ?= $(shell nproc)
# Arguments for `auralis serve`, for example: make run ARGS="--port 9000"
ARGS ?=

.PHONY: help run build test check bench soak format clean
.DEFAULT_GOAL := help

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: ## Install what is missing, build, and serve music at the URL it prints
	@tools/setup/install.sh build
	@tools/build.sh release
	@exec build/release/apps/auralis/auralis serve $(ARGS)

build: ## Install what is missing and build the release
	@tools/setup/install.sh build test
	@tools/build.sh release

test: ## Build, then run every test: C++, layering, page, protocol, browser
	@tools/setup/install.sh build test
	@tools/build.sh release
	@tools/setup/npm.sh tests/browser tools/openapi
	@python3 tools/test/run.py

check: ## Format, static analysis, sanitizers, real-time guard (about half an hour on two cores)
	@tools/setup/install.sh build test check
	@tools/setup/onnxruntime.sh
	@tools/check.sh all

bench: ## Measure everything and write docs/benchmarks.md
	@tools/setup/install.sh build test check
	@tools/build.sh release
	@python3 tools/bench/run.py

soak: ## Serve for 20 minutes while listeners come and go, and eight hours of stream time, watching memory
	@tools/setup/install.sh build test check
	@tools/build.sh release
	@python3 tools/bench/run.py --only soak

format: ## Format the C++
	@tools/setup/install.sh check
	@tools/check.sh format --fix

clean: ## Remove everything built or installed inside the tree
	rm -rf build web/dist web/src/protocol/generated web/node_modules tests/browser/node_modules tools/openapi/node_modules

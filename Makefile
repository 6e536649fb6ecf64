# Copyright: Contributors to the qlikops.sense project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything a target needs is built inside the checkout, under .cache, .nox and .venv; `make clean` removes it.

ARGS ?=
CACHE := $(CURDIR)/.cache
COLLECTION := $(CACHE)/tree/ansible_collections/qlikops/sense
DEMO := $(CACHE)/demo
NOX = CI=true .venv/bin/python -m nox
READY := .venv/ready .cache/galaxy/ready

export PIP_CACHE_DIR ?= $(CACHE)/home/.cache/pip
# Ansible refuses to start unless the locale is UTF-8.
ifneq (,$(filter C POSIX,$(LC_ALL)))
export LC_ALL := C.UTF-8
endif

.DEFAULT_GOAL := help

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: $(DEMO)/ready $(COLLECTION)  ## See the collection at work on a simulated Qlik Sense site
	@HOME=$(CACHE)/home ANSIBLE_CONFIG=tools/demo.cfg ANSIBLE_COLLECTIONS_PATH=$(CACHE)/tree \
		ANSIBLE_PYTHON_INTERPRETER=$(DEMO)/bin/python PATH="$(DEMO)/bin:$$PATH" \
		ansible-playbook qlikops.sense.demo $(ARGS); status=$$?; $(STOP_DEMO_SITE); exit $$status

# Whatever became of the playbook, its site does not stay behind.
STOP_DEMO_SITE = PYTHONPATH=roles/simulated_site/files $(DEMO)/bin/python -m qlik_simulator stop \
	--state-dir $(CACHE)/home/.cache/qlikops.sense/simulated_site > /dev/null

test: $(READY) haproxy chromium  ## Run everything a reviewer wants to see pass
	@.venv/bin/python tools/run_checks.py test

unit: $(READY)  ## Run the unit and property tests (ARGS='-k pattern' chooses)
	@$(NOX) -s unit -- $(ARGS)

integration: $(READY) haproxy chromium  ## Run the tests against the simulated site
	@$(NOX) -s integration -- $(ARGS)

lint: $(READY)  ## Check formatting, code, YAML, types, documentation and roles
	@$(NOX) -s lint typing docs-check extra-checks ansible-lint
	@.venv/bin/python tools/check_house.py

format: $(READY)  ## Format the code
	@env -u CI .venv/bin/python -m nox -s formatters

sanity: $(READY)  ## Run ansible-test sanity with the newest ansible-core of the default Python
	@$(NOX) -s sanity

molecule: $(READY) haproxy  ## Run the role and modules by the molecule scenarios
	@$(NOX) -s molecule

matrix: $(READY) haproxy chromium  ## Run sanity, units and integration on every ansible-core and Python supported and installed
	@.venv/bin/python tools/run_checks.py matrix

bench: $(READY)  ## Measure speed and cost against the simulated site
	@$(NOX) -s bench -- $(ARGS)

clean:  ## Remove everything that was built
	rm -rf .cache .nox .venv .ansible tests/output changelogs/.plugin-cache.yaml

.PHONY: help demo test unit integration lint format sanity molecule matrix bench clean haproxy chromium

.venv/ready: tools/requirements-checks.txt tools/make_venv.sh
	@tools/make_venv.sh .venv tools/requirements-checks.txt

$(DEMO)/ready: tools/requirements-demo.txt tools/make_venv.sh
	@tools/make_venv.sh $(DEMO) tools/requirements-demo.txt

.cache/galaxy/ready: tools/collections.txt tools/take_collections.py .venv/ready
	@.venv/bin/python tools/take_collections.py tools/collections.txt .cache/galaxy

haproxy:
	@tools/have_haproxy.sh

chromium:
	@tools/have_chromium.sh

# The checkout at the place where Ansible looks for a collection.
$(COLLECTION):
	@mkdir -p $(@D)
	@ln -s $(CURDIR) $@

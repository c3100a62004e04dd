# SPDX-License-Identifier: MIT
# make check-foreign: bots of others against the fleet's Bot API server, and the console's client against a server of others;
# tests/foreign/README.md.

FOREIGN_MODULES := build/foreign/node_modules/.ok

# npm leaves its own programs beside them in .bin. What packages would run on being installed is not run.
$(FOREIGN_MODULES): tests/foreign/package.json
	$(call say,NPM,$<)
	@mkdir -p build/foreign
	$(Q)cp $< build/foreign/package.json
	$(Q)cd build/foreign && npm install --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error
	$(Q)touch $@

# Where its packages cannot be had, the tests say what they skip; FOREIGN_REQUIRED=1 makes that a failure.
check-foreign: ## bots on grammY, Telegraf and others against the fleet's Bot API server; the console's client against another server
	$(Q)$(MAKE) --no-print-directory deps DEPS="build run test"
	$(Q)tests/fleet/install-deps foreign || $(if $(FOREIGN_REQUIRED),exit 1,printf 'going on without them\n')
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs
	$(Q)$(MAKE) --no-print-directory $(FOREIGN_MODULES) || $(if $(FOREIGN_REQUIRED),exit 1,printf 'going on without them\n')
	$(Q)BOTSWAIN_BUILD=$(O) FOREIGN_REQUIRED=$(FOREIGN_REQUIRED) tests/foreign/run

.PHONY: check-foreign

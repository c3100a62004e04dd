# SPDX-License-Identifier: MIT
# make check-hostile: text of others that tries to do more than be read, in every place where it can come in.

$(O)/tests/hostile: $(call objects,$(call sources,tests/hostile)) $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

# The second emulator comes with the packages of mk/foreign.mk; where they cannot be had, that is said and the first one
# judges alone, unless FOREIGN_REQUIRED=1.
check-hostile: ## text of others that attacks the terminal, in every field and on every view, judged by two emulators
	$(Q)$(MAKE) --no-print-directory deps DEPS="build run test"
	$(Q)tests/fleet/install-deps foreign || $(if $(FOREIGN_REQUIRED),exit 1,true)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(O)/tests/hostile
	$(Q)$(MAKE) --no-print-directory $(FOREIGN_MODULES) || $(if $(FOREIGN_REQUIRED),exit 1,true)
	$(Q)BOTSWAIN_BUILD=$(O) BUILD=$(O) FOREIGN_REQUIRED=$(FOREIGN_REQUIRED) tests/hostile/run

.PHONY: check-hostile

# make check-secrets: secrets in every input, and a search for them in every byte that is written.

$(O)/tests/secrets: $(call objects,$(call sources,tests/secrets)) $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

check-secrets: ## secrets in every input, and a search for them in every byte that is written and in every process
	$(Q)$(MAKE) --no-print-directory deps DEPS="build run test"
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(O)/tests/secrets
	$(Q)BOTSWAIN_BUILD=$(O) $(O)/tests/secrets

.PHONY: check-secrets

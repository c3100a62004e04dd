# SPDX-License-Identifier: MIT
# make accept: every built-in condition, the operations and the secrets on a running fleet; one line of figures each.

$(O)/tests/accept: $(call objects,$(call sources,tests/accept)) $(TEST_SUPPORT) $(call archive,core/base)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm -ljansson

accept: ## conditions on a running fleet, one figure a line
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(O)/tests/accept
	$(Q)BUILD=$(O) tests/accept/run $(RULES)

.PHONY: accept

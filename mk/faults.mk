# SPDX-License-Identifier: MIT
# make faults: what is promised when something fails, one line a fault; docs/faults.md says when each last passed.

$(O)/tests/faults: $(call objects,$(call sources,tests/faults)) $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

faults: ## faults injected under 20 clients, one line a fault (FAULTS="41 43" for some)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(O)/tests/faults
	$(Q)BUILD=$(O) tests/faults/run $(FAULTS)

.PHONY: faults

# SPDX-License-Identifier: MIT
# make faults: what is promised when something fails, one line a fault; docs/faults.md says when each last passed.

$(O)/tests/fail_malloc.so: tests/faults/shim/fail_malloc.c
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g $(WARN) -fPIC -shared -o $@ $<

$(O)/tests/faults: $(call objects,$(wildcard tests/faults/*.c)) $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

faults: ## faults injected under attached clients, one line a fault (FAULTS="41 43" for some; root for most)
	$(Q)$(MAKE) --no-print-directory deps DEPS="build run test faults"
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(O)/tests/faults $(O)/tests/fail_malloc.so
	$(Q)BUILD=$(O) tests/faults/run $(FAULTS)

.PHONY: faults

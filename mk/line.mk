# SPDX-License-Identifier: MIT
# make check-line: scripts attached to a service and through ssh on a long line; what that line feels like and carries.

$(O)/tests/delay: $(O)/obj/tests/line/delay.o $(call archive,core/base)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(O)/tests/line: $(O)/obj/tests/line/line.o $(TEST_SUPPORT) $(call archive,core/base)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm

check-line: ## script tests attached and through ssh with LINE_MS=200 of delay; keys and bytes with 200 bots
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(O)/tests/delay $(O)/tests/line
	$(Q)BUILD=$(O) tests/line/run

.PHONY: check-line

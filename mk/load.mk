# SPDX-License-Identifier: MIT
# make load: what an engine costs that polls so many bots, with nobody looking, a client, and a screen that is scrolled.

LOAD_BOTS ?= 12 200 1000 10000
LOAD_SCREENS ?= none client screen

$(O)/tests/load: $(call objects,$(wildcard tests/load/*.c)) $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

# One way of asking an HTTPS server, for make bench.
$(O)/tests/poll: $(call objects,$(wildcard tests/poll/*.c)) $(call rooms_archives,$(call reverse,$(filter-out core/engine,$(ROOMS))))
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_ENGINE)

load: ## what an engine costs with 12 to 10,000 polled bots (LOAD_BOTS="12 200" LOAD_SCREENS=none LOAD_SECONDS=60)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(O)/tests/load
	$(Q)set -e; for screen in $(LOAD_SCREENS); do $(O)/tests/load $$screen $(LOAD_BOTS); done

$(O)/tests/bench: | $(O)/tests/load $(O)/tests/poll

.PHONY: load

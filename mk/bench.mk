# SPDX-License-Identifier: MIT
# make bench: what the programs cost and how soon they answer, beside others that are installed (docs/performance.md).

BENCH_OBJECTS := $(call objects,$(filter-out tests/bench/anchor.c,$(wildcard tests/bench/*.c)))
$(O)/tests/bench: $(BENCH_OBJECTS) $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

$(O)/tests/anchor: $(O)/obj/tests/bench/anchor.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lncursesw

bench: ## figures of cost and speed beside other programs (BENCH="start key" for some, BENCH_PAIRS=5, BENCH_WRITE=1)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(O)/tests/bench $(O)/tests/anchor
	$(Q)$(O)/tests/bench $(BENCH)

.PHONY: bench

# Its statistics and judgement are tested with the rest.
$(O)/tests/integration/test_bench: $(O)/obj/tests/bench/judge.o | $(O)/tests/bench

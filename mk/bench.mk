# SPDX-License-Identifier: MIT
# make bench: what the programs cost and how soon they answer, beside others that are installed (docs/performance.md).

BENCH_OBJECTS := $(call objects,$(wildcard tests/bench/*.c))
$(O)/tests/bench: $(BENCH_OBJECTS) $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

bench: ## figures of cost and speed beside other programs (BENCH="start key" for some, BENCH_PAIRS=5, BENCH_WRITE=1)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(O)/tests/bench
	$(Q)$(O)/tests/bench $(BENCH)

.PHONY: bench

# Its statistics and judgement are tested with the rest.
$(O)/tests/integration/test_bench: $(O)/obj/tests/bench/judge.o | $(O)/tests/bench

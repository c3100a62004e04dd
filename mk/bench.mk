# SPDX-License-Identifier: MIT
# make bench: what the programs cost and how soon they answer, beside others that are installed (docs/performance.md).

BENCH_PROGRAMS := tests/bench/anchor.c tests/bench/metrics_page.c
BENCH_OBJECTS := $(call objects,$(filter-out $(BENCH_PROGRAMS),$(wildcard tests/bench/*.c)))
$(O)/tests/bench: $(BENCH_OBJECTS) $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

$(O)/tests/anchor: $(O)/obj/tests/bench/anchor.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lncursesw

$(O)/tests/metrics-page: $(O)/obj/tests/bench/metrics_page.o $(call archive,core/parse) $(call archive,core/base)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lm

bench: ## figures of cost and speed beside other programs (BENCH="start key" for some, BENCH_PAIRS=5, BENCH_WRITE=1)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(O)/tests/bench $(O)/tests/anchor $(O)/tests/metrics-page
	$(Q)$(O)/tests/bench $(BENCH)

.PHONY: bench

# Its statistics and judgement are tested with the rest.
$(O)/tests/integration/test_bench: $(O)/obj/tests/bench/judge.o | $(O)/tests/bench

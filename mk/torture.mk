# SPDX-License-Identifier: MIT
# make check-torture: what can fail fails, one call after the other. make soak: an engine and screens for hours under faults,
# judged by what they hold on to. tests/torture/README.md.

TORTURE_PROGRAMS := $(addprefix $(O)/tests/,torture torture.so whole)
SOAK_PROGRAMS := $(addprefix $(O)/tests/,whole soak-screens)
SOAK_OUT ?= $(O)/soak

$(O)/tests/whole: $(O)/obj/tests/torture/whole.o $(ENGINE_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_ENGINE)

$(O)/tests/soak-screens: $(O)/obj/tests/soak/screens.o $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

soak: ## SOAK_MINUTES=120 of faults: descriptors, threads, memory and disk stay what they are (SOAK_SEED=1, figures in build/soak)
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(SOAK_PROGRAMS)
	$(Q)BUILD=$(O) SOAK_OUT=$(SOAK_OUT) tests/soak/run

torture-programs: $(TORTURE_PROGRAMS)
tests: torture-programs

check-torture: ## allocations, writes, descriptors, threads fail one by one: engine, screen, command line (TORTURE_RUNS=1200 SEED=1, FULL=1)
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs torture-programs
	$(Q)$(if $(FULL),TORTURE_RUNS=0) BUILD=$(O) tests/torture/run

.PHONY: soak check-torture torture-programs

$(O)/tests/torture.so: tests/torture/shim.c tests/torture/torture.h
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g $(WARN) -Wno-missing-prototypes -D_GNU_SOURCE -I. -fPIC -fno-builtin -shared -o $@ $<

TORTURE_HARNESS := $(filter-out tests/torture/shim.c tests/torture/whole.c,$(wildcard tests/torture/*.c))
$(O)/tests/torture: $(call objects,$(TORTURE_HARNESS)) $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

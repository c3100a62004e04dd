# SPDX-License-Identifier: MIT
# make soak: an engine and screens for hours under faults, judged by what they hold on to; tests/torture/README.md.

TORTURE_PROGRAMS := $(addprefix $(O)/tests/,whole soak-screens)
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
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(TORTURE_PROGRAMS)
	$(Q)BUILD=$(O) SOAK_OUT=$(SOAK_OUT) tests/soak/run

.PHONY: soak

$(O)/tests/torture.so: tests/torture/shim.c tests/torture/torture.h
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g $(WARN) -Wno-missing-prototypes -D_GNU_SOURCE -I. -fPIC -fno-builtin -shared -o $@ $<

TORTURE_HARNESS := $(filter-out tests/torture/shim.c tests/torture/whole.c,$(wildcard tests/torture/*.c))
$(O)/tests/torture: $(call objects,$(TORTURE_HARNESS)) $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

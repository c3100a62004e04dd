# SPDX-License-Identifier: MIT
# Fuzzing. tests/fuzz/fuzz_NAME.c is a target, tests/fuzz/corpus/NAME/ its seeds. The tests replay the seeds with
# any compiler; `make fuzz` looks for new inputs with clang: FUZZ_TIME=600 seconds a target, JOBS of them
# at a time, FUZZ_ONLY=NAME for one.

FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_REPLAYS := $(addprefix $(O)/tests/fuzz/,$(FUZZ_TARGETS))
FUZZ_TIME ?= 600
FUZZ_ONLY ?=

$(O)/tests/fuzz/%: $(O)/obj/tests/fuzz/%.o $(O)/obj/tests/fuzz/replay.o $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

$(O)/fuzz/%: $(O)/obj/tests/fuzz/%.o $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

# The texts of the fleet's Bot API server are no part of the console; their archive needs that of core/base behind it.
FUZZ_ENTITIES := $(O)/tests/fuzz/fuzz_entities $(O)/fuzz/fuzz_entities
$(FUZZ_ENTITIES): $(O)/lib/entities.a
$(FUZZ_ENTITIES): LIBS_ENGINE := $(O)/lib/entities.a $(call archive,core/base) $(LIBS_ENGINE)

tests: $(FUZZ_REPLAYS)

fuzz-replay: $(FUZZ_REPLAYS) ## run every fuzz target over its corpus
	$(Q)tests/run.sh $(FUZZ_REPLAYS)

fuzz-targets: $(addprefix $(O)/fuzz/,$(if $(FUZZ_ONLY),fuzz_$(FUZZ_ONLY),$(FUZZ_TARGETS)))

fuzz: ## look for inputs that break a parser: FUZZ_TIME=600 seconds each, FUZZ_ONLY=name for one
	$(Q)$(MAKE) --no-print-directory MODE=fuzz CC="$(if $(shell command -v ccache),ccache )$(CLANG)" WERROR= fuzz-targets
	$(Q)FUZZ_TIME=$(FUZZ_TIME) FUZZ_JOBS=$(JOBS) tests/fuzz/run $(if $(FUZZ_ONLY),$(FUZZ_ONLY),$(FUZZ_TARGETS:fuzz_%=%))

.PHONY: fuzz fuzz-replay fuzz-targets

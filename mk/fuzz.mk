# SPDX-License-Identifier: MIT
# Fuzzing. tests/fuzz/fuzz_NAME.c is a target, tests/fuzz/corpus/NAME/ its seeds. The tests replay the seeds with
# any compiler; `make fuzz` looks for new inputs with clang: FUZZ_TIME=60 seconds a target, FUZZ_ONLY=NAME for one.

FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_REPLAYS := $(addprefix $(O)/tests/fuzz/,$(FUZZ_TARGETS))
FUZZ_TIME ?= 60
FUZZ_ONLY ?=
FUZZ_OUT := build/fuzz/found

$(O)/tests/fuzz/%: $(O)/obj/tests/fuzz/%.o $(O)/obj/tests/fuzz/replay.o $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_ENGINE) -lncursesw

$(O)/fuzz/%: $(O)/obj/tests/fuzz/%.o $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS_ENGINE) -lncursesw

# The texts of the fleet's Bot API server are no part of the console; their archive needs that of core/base behind it.
FUZZ_ENTITIES := $(O)/tests/fuzz/fuzz_entities $(O)/fuzz/fuzz_entities
$(FUZZ_ENTITIES): $(O)/lib/entities.a
$(FUZZ_ENTITIES): LIBS_ENGINE := $(O)/lib/entities.a $(call archive,core/base) $(LIBS_ENGINE)

tests: $(FUZZ_REPLAYS)

fuzz-replay: $(FUZZ_REPLAYS) ## run every fuzz target over its corpus
	$(Q)tests/run.sh $(FUZZ_REPLAYS)

fuzz-targets: $(addprefix $(O)/fuzz/,$(if $(FUZZ_ONLY),fuzz_$(FUZZ_ONLY),$(FUZZ_TARGETS)))

fuzz: ## look for inputs that break a parser: FUZZ_TIME=60 FUZZ_ONLY=name
	$(Q)$(MAKE) --no-print-directory MODE=fuzz CC=$(CLANG) WERROR= fuzz-targets
	$(Q)set -e; for target in $(if $(FUZZ_ONLY),fuzz_$(FUZZ_ONLY),$(FUZZ_TARGETS)); do name=$${target#fuzz_}; \
		mkdir -p $(FUZZ_OUT)/$$name; \
		ASAN_OPTIONS=quarantine_size_mb=16 build/fuzz/fuzz/$$target -max_total_time=$(FUZZ_TIME) -max_len=65536 -timeout=1 -rss_limit_mb=256 \
			-print_final_stats=1 -artifact_prefix=$(FUZZ_OUT)/$$name- $(FUZZ_OUT)/$$name tests/fuzz/corpus/$$name; \
	done

.PHONY: fuzz fuzz-replay fuzz-targets

# SPDX-License-Identifier: MIT
# Tests. A file tests/<kind>/test_NAME.c is a program; it is found by its name. Unit tests link only their room
# and those below it (test_core_parse_x.c: parse and lower); screen and integration tests may link all.

# An archive, so that a test links only the helpers that it uses; demo_widgets.c is a program, gate.c takes the place of
# system calls and is linked by its name alone.
TEST_SUPPORT := $(O)/lib/support.a
NOT_SUPPORT := tests/support/demo_widgets.c tests/support/gate.c
$(TEST_SUPPORT): $(call objects,$(filter-out $(NOT_SUPPORT),$(call sources,tests/support)))
$(addprefix $(O)/tests/unit/,test_core_act_hang test_core_act_backup): $(O)/obj/tests/support/gate.o
UNIT_TESTS := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/test_*.c))
SCREEN_TESTS := $(patsubst tests/screen/%.c,$(O)/tests/screen/%,$(wildcard tests/screen/test_*.c))
INTEGRATION_TESTS := $(patsubst tests/integration/%.c,$(O)/tests/integration/%,$(wildcard tests/integration/test_*.c))

# room_and_below core-parse -> archives from that room down
below = $(if $(1),$(if $(filter $(2),$(firstword $(1))),$(1),$(call below,$(wordlist 2,$(words $(1)),$(1)),$(2))))
unit_room = $(word 2,$(subst _, ,$(1)))
unit_libs_core = $(call rooms_archives,$(call below,$(call reverse,$(ROOMS)),core/$(1)))
unit_libs_widgets = $(call rooms_archives,widgets themes $(call reverse,$(SCREEN_ROOMS)))
unit_libs_themes = $(call rooms_archives,themes $(call reverse,$(SCREEN_ROOMS)))
unit_libs_tui = $(SCREEN_LIBS)
unit_libs_support = $(call unit_libs_core,base)
unit_libs = $(if $(filter core,$(call unit_room,$(1))),$(if $(filter engine,$(word 3,$(subst _, ,$(1)))),$(ENGINE_LIBS),$(call unit_libs_core,$(word 3,$(subst _, ,$(1))))),$(unit_libs_$(call unit_room,$(1))))

define unit_rule
$(O)/tests/unit/$(1): $(O)/obj/tests/unit/$(1).o $(TEST_SUPPORT) $(call unit_libs,$(1))
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ -lcmocka -lvterm $$(LIBS_ENGINE) -lncursesw
endef
$(foreach t,$(notdir $(UNIT_TESTS)),$(eval $(call unit_rule,$(t))))

ALL_LIBS := $(call rooms_archives,tui widgets themes) $(ENGINE_LIBS)
define whole_rule
$(O)/tests/$(1)/%: $(O)/obj/tests/$(1)/%.o $(TEST_SUPPORT) $(ALL_LIBS)
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ -lcmocka -lvterm $$(LIBS_ENGINE) -lncursesw
endef
$(foreach kind,screen tty integration,$(eval $(call whole_rule,$(kind))))
TTY_TESTS := $(patsubst tests/tty/%.c,$(O)/tests/tty/%,$(wildcard tests/tty/test_*.c))
SHELL_TESTS := $(sort $(wildcard tests/*/test_*.sh))
# These mostly wait, for real servers and real seconds: they run beside the others, the shell tests in a row of their own
# (test_discover.sh must not meet the bots of another's fleet).
WAITING_TESTS := $(addprefix $(O)/tests/integration/test_,collect_telegram collect_streams collect_tokens collect_passwords \
	on_alert_engine skeleton engine_waiting act_supervisord collect_supervisord \
	rules_agree series_end conform_streams) $(O)/tests/tty/test_console_engine
ALL_TESTS := $(UNIT_TESTS) $(SCREEN_TESTS) $(TTY_TESTS) $(INTEGRATION_TESTS)

tests: $(ALL_TESTS) ## build every test program

unit: $(UNIT_TESTS) ## build and run the unit tests
	$(Q)tests/run.sh $(UNIT_TESTS)

check: deps ## install what is missing, build, run every test
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs tests
	$(Q)BOTSWAIN_BUILD=$(O) $(MAKE) --no-print-directory run-tests

check-supervisors: ## bots under a real systemd, Podman, supervisord and pm2: discovered, watched, killed, stopped (root)
	$(Q)$(MAKE) --no-print-directory deps DEPS="build run test supervisors"
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(O)/tests/integration/test_collect_systemd $(O)/tests/integration/test_collect_docker
	$(Q)BUILD=$(O) tests/supervisors/run

asan: ## every test under the address and undefined-behaviour sanitizers
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) MODE=asan all fleet-programs tests
	$(Q)BOTSWAIN_BUILD=build/asan BOTSWAIN_REPORTS=$(CURDIR)/build/asan/reports BOTSWAIN_TEST_LIMIT=400 \
		$(MAKE) --no-print-directory MODE=asan run-tests

tsan: ## every test under the thread sanitizer
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) MODE=tsan all fleet-programs tests
	$(Q)BOTSWAIN_BUILD=build/tsan BOTSWAIN_REPORTS=$(CURDIR)/build/tsan/reports BOTSWAIN_TEST_LIMIT=400 \
		$(MAKE) --no-print-directory MODE=tsan run-tests

run-tests:
	$(Q)BOTSWAIN_BESIDE="$(SHELL_TESTS)" BOTSWAIN_BEYOND="$(WAITING_TESTS)" \
		tests/run.sh $(filter-out $(WAITING_TESTS),$(ALL_TESTS)) $(FUZZ_REPLAYS)

golden: tests ## rewrite the golden screens; review the difference like code
	$(Q)BOTSWAIN_GOLDEN=1 tests/run.sh $(SCREEN_TESTS) $(filter $(O)/tests/unit/test_widgets_%,$(UNIT_TESTS))

lint: ## order of the rooms, house rules, shellcheck, clang-format, clang-tidy, cppcheck, gcc -fanalyzer
	$(Q)tests/lint/run.sh '-I. -I$(O)/gen -D_GNU_SOURCE -DBOTSWAIN_VERSION=\"$(VERSION)\" $(filter -I/%,$(CPPFLAGS))'

format: ## let clang-format decide
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h')

.PHONY: tests unit check check-supervisors asan tsan run-tests golden lint format

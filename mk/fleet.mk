# SPDX-License-Identifier: MIT
# The demo and test fleet: a Bot API server and bots of our own over a real Redis, Postgres and supervisord.
# tests/fleet/README.md says what is in it.

FLEET_LIBS := $(O)/lib/entities.a $(call archive,core/base)
FLEET_PROGRAMS := $(addprefix $(O)/fleet/,botapi bot watch)

$(O)/lib/fleet.a: $(call objects,$(call sources,tests/fleet/common))
$(O)/lib/entities.a: $(call objects,$(call sources,tests/fleet/entities))

define fleet_rule
$(O)/fleet/$(1): $(call objects,$(call sources,tests/fleet/$(1))) $(O)/lib/fleet.a $(FLEET_LIBS)
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ -lmicrohttpd -lcurl -ljansson -lhiredis -lpq -lm
endef
$(foreach program,$(notdir $(FLEET_PROGRAMS)),$(eval $(call fleet_rule,$(program))))

# Their tests start them.
$(addprefix $(O)/tests/integration/,$(basename $(notdir $(wildcard tests/integration/test_fleet_*.c))) \
	test_collect_telegram test_collect_tokens): | $(FLEET_PROGRAMS)
$(O)/tests/integration/test_skeleton $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/tty/test_console_*.c)): | all $(FLEET_PROGRAMS)

fleet-programs: $(FLEET_PROGRAMS)


fleet-up: all fleet-programs ## start the fleet in DIR=d (BOTS=12, TROUBLE=1) and write d/botswain.yaml
	$(Q)BUILD=$(O) tests/fleet/up "$(DIR)"
	$(Q)echo 'look at it:    $(O)/botswain -c $(DIR)/botswain.yaml'
	$(Q)echo 'take it down:  make fleet-down DIR=$(DIR)'

fleet-down: ## end exactly what fleet-up started in DIR=d
	$(Q)tests/fleet/down "$(DIR)"

# The console on a fleet of its own; `make run` needs nothing but a fresh Debian.
run: deps ## start the demo fleet, open the console on it, take it down again
	$(Q)$(MAKE) --no-print-directory all fleet-programs
	$(Q)BUILD=$(O) RUN_MAKE=$$PPID exec tests/fleet/run

deps: ## install the Debian packages that are missing (YES=1: without asking)
	$(Q)tests/fleet/install-deps $(DEPS)

.PHONY: fleet-programs fleet-up fleet-down run deps

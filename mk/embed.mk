# SPDX-License-Identifier: MIT
# Files of config/ as bytes in the programs: config/botswain.yaml -> gen/botswain.yaml.inc.

$(O)/gen/%.inc: config/%
	@mkdir -p $(@D)
	$(Q)od -An -v -tx1 $< | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g' > $@

$(O)/obj/core/conf/default.o: $(O)/gen/botswain.yaml.inc

# The dashboards that are shipped, in the order in which they are listed.
DASHBOARDS := fleet sla bot telegram redis postgres workers streams botswain
DASHBOARD_FILES := $(DASHBOARDS:%=config/dashboards/%.yaml)

$(O)/gen/dashboards.inc: $(DASHBOARD_FILES) mk/embed.mk
	@mkdir -p $(@D)
	$(Q)for name in $(DASHBOARDS); do \
		printf 'static const char dashboard_%s[] = {' $$name; \
		od -An -v -tx1 config/dashboards/$$name.yaml | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'; printf '0};\n'; \
	done > $@
	$(Q)printf 'static const struct shipped {const char *name, *text; size_t length;} shipped[] = {\n' >> $@
	$(Q)for name in $(DASHBOARDS); do \
		printf '{"%s", dashboard_%s, sizeof(dashboard_%s) - 1},\n' $$name $$name $$name; \
	done >> $@
	$(Q)printf '};\n' >> $@

$(O)/obj/core/conf/dashboards.o: $(O)/gen/dashboards.inc

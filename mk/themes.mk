# SPDX-License-Identifier: MIT
# The shipped themes, embedded: every themes/*.yaml becomes a string; its name is that of the file.

THEME_FILES := $(sort $(wildcard themes/*.yaml))
$(O)/gen/themes.inc: $(THEME_FILES) mk/themes.mk
	@mkdir -p $(@D)
	$(Q)for file in $(THEME_FILES); do \
		printf '{"%s",\n' "$$(basename $$file .yaml)" && \
		sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $$file && printf '},\n'; \
	done > $@
$(O)/gen/themes.def: $(THEME_FILES) mk/themes.mk
	@mkdir -p $(@D)
	$(Q)printf 'THEME(%s)\n' $(filter-out system,$(basename $(notdir $(THEME_FILES)))) > $@
$(O)/obj/themes/builtin.o: $(O)/gen/themes.inc $(O)/gen/themes.def

# The widgets on one screen, for looking at them: build/tests/demo_widgets THEME
$(O)/tests/demo_widgets: $(O)/obj/tests/support/demo_widgets.o $(O)/lib/support.a $(SCREEN_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_SCREEN)

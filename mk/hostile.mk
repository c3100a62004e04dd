# SPDX-License-Identifier: MIT
# make check-hostile: text of others that tries to do more than be read, in every place where it can come in.

$(O)/tests/hostile: $(call objects,tests/hostile/main.c) $(TEST_SUPPORT) $(ALL_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka -lvterm $(LIBS_ENGINE) -lncursesw

check-hostile: ## text of others that attacks the terminal, in every field and on every view, judged by two emulators
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all fleet-programs $(O)/tests/hostile
	$(Q)$(O)/tests/hostile $(O)/hostile.capture

.PHONY: check-hostile

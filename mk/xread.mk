# SPDX-License-Identifier: MIT
# One way of reading a stream of a Redis, for make bench.
$(O)/tests/xread: $(call objects,$(wildcard tests/xread/*.c) tests/support/stream_feed.c) $(call rooms_archives,$(call reverse,$(filter-out core/engine,$(ROOMS))))
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS_ENGINE)

$(O)/tests/bench: | $(O)/tests/xread

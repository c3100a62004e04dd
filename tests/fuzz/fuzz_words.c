/* SPDX-License-Identifier: MIT */
/* Durations, sizes, numbers and times as people and programs write them: each is read whole or refused, and what the
 * formatters print of it is short, plain and read back as what it was. */
#include <math.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/collect/stream_entry.h"
#include "core/collect/stream_list.h"
#include "core/parse/log_level.h"
#include "core/parse/log_trouble.h"
#include "tests/fuzz/safe.h"

static void require_plain(struct shown shown)
{
	FUZZ_REQUIRE(memchr(shown.text, '\0', sizeof(shown.text)) && *shown.text);
	fuzz_require_safe(shown.text);
}

static void read_figures(const char *text, size_t length)
{
	struct err err = {.code = ERR_NONE};
	int64_t ms = 0, bytes = 0;
	double value;
	if (parse_duration(text, &ms, &err))
		FUZZ_REQUIRE(ms >= 0);
	else
		fuzz_require_safe(err.text);
	if (parse_bytes(text, &bytes, &err))
		FUZZ_REQUIRE(bytes >= 0);
	else
		fuzz_require_safe(err.text);
	require_plain(format_duration(ms));
	require_plain(format_age(ms));
	require_plain(format_bytes(bytes));
	require_plain(format_count(bytes));
	if (parse_double(text, length, &value)) {
		require_plain(format_number(value));
		require_plain(format_percent(value));
	}
}

static void read_time(const char *text, size_t length)
{
	int64_t wall_ms, again;
	size_t used = parse_rfc3339(text, length, &wall_ms, NULL);
	FUZZ_REQUIRE(used <= length);
	if (!used)
		return;
	struct shown shown = format_rfc3339(wall_ms);
	if (strcmp(shown.text, "-") != 0)
		FUZZ_REQUIRE(parse_rfc3339(shown.text, strlen(shown.text), &again, NULL) &&
			     again == wall_ms);
	require_plain(format_clock(wall_ms, false));
	require_plain(format_day_clock(wall_ms, true));
}

static void read_line(const char *text, size_t length)
{
	for (int level = 0; level <= 4; level++) {
		struct log_trouble_find find = log_trouble_of(text, length, (enum log_level)level);
		FUZZ_REQUIRE(
			find.kind < TROUBLES && find.retry_after_s >= 0 && find.duration_ms >= 0);
		FUZZ_REQUIRE(*log_trouble_word(find.kind));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = xstrndup((const char *)data, size);
	size_t length = strlen(text);
	read_figures(text, length);
	read_time((const char *)data, size);
	read_line((const char *)data, size);
	autofree char *star = stream_star("events:*", text);
	FUZZ_REQUIRE(strlen(star) <= length);
	FUZZ_REQUIRE(stream_id_compare(text, text) == 0);
	(void)stream_time_ms(text);
	return 0;
}

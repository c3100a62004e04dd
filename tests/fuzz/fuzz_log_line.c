/* SPDX-License-Identifier: MIT */
/* Lines of a log in order: parts lie in their line, normalising settles at once. */
#include "core/parse/log_line.h"
#include "core/parse/log_memo.h"
#include "core/parse/log_trouble.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void require_within(struct log_part part, size_t size)
{
	FUZZ_REQUIRE(part.offset <= size && part.length <= size - part.offset);
}

static void require_same(struct log_part a, struct log_part b)
{
	FUZZ_REQUIRE(a.offset == b.offset && a.length == b.length && a.is_escaped == b.is_escaped);
}

static const struct log_arrival arrival = {
	.received_ms = INT64_C(1795168821744), .utc_offset_s = 3600};

/* The lines before change no result. */
static void run_memo(
	struct log_memo *memo, const char *text, size_t size, const struct log_line *line)
{
	struct log_arrival with = arrival;
	struct log_line same;
	with.memo = memo;
	log_line_read(text, size, &with, &same);
	FUZZ_REQUIRE(same.form == line->form && same.level == line->level &&
		     same.wall_ms == line->wall_ms && same.envelope == line->envelope);
	require_same(same.message, line->message);
	require_same(same.bot, line->bot);
	require_same(same.correlation, line->correlation);
	require_same(same.error, line->error);
	with.is_brief = true;
	log_line_read(text, size, &with, &same);
	FUZZ_REQUIRE(same.form == line->form && same.level == line->level &&
		     same.wall_ms == line->wall_ms && same.envelope == line->envelope &&
		     same.is_stamped == line->is_stamped && same.is_detail == line->is_detail);
	require_same(same.bot, line->bot);
}

static void run_line(struct log_flow *flow, struct log_memo *memo, const char *text, size_t size)
{
	autostr struct str kept = STR_INIT;
	autostr struct str message = STR_INIT;
	struct log_line line;
	log_line_read(text, size, &arrival, &line);
	run_memo(memo, text, size, &line);
	log_flow_take(flow, text, size, &line);
	require_within(line.message, size);
	require_within(line.bot, size);
	require_within(line.correlation, size);
	require_within(line.error, size);
	FUZZ_REQUIRE(line.level < LOG_LEVELS);
	log_part_text(text, line.message, &message);
	FUZZ_REQUIRE(message.length <= line.message.length * 3);
	log_normalise(text, size, &kept);
	FUZZ_REQUIRE(kept.length <= size);
	FUZZ_REQUIRE(log_needs_normalising(text, size) ||
		     (kept.length == size && (!size || memcmp(kept.text, text, size) == 0)));
	FUZZ_REQUIRE(log_trouble_of(text, size, line.level).kind < TROUBLES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log_flow flow = {0};
	struct log_memo memo = {0};
	const char *text = (const char *)data;
	for (size_t at = 0; at <= size;) {
		const char *end = at < size ? memchr(text + at, '\n', size - at) : NULL;
		size_t length = end ? (size_t)(end - text) - at : size - at;
		run_line(&flow, &memo, text + at, length);
		at += length + 1;
	}
	return 0;
}

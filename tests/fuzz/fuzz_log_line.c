/* SPDX-License-Identifier: MIT */
/* Lines of a log in order: parts lie in their line, normalising settles at once. */
#include "core/parse/log_line.h"
#include "core/parse/log_trouble.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void require_within(struct log_part part, size_t size)
{
	FUZZ_REQUIRE(part.offset <= size && part.length <= size - part.offset);
}

static void run_line(struct log_flow *flow, const char *text, size_t size)
{
	const struct log_arrival arrival = {
		.received_ms = INT64_C(1795168821744), .utc_offset_s = 3600};
	autostr struct str kept = STR_INIT;
	autostr struct str message = STR_INIT;
	struct log_line line;
	log_line_read(text, size, &arrival, &line);
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
	const char *text = (const char *)data;
	for (size_t at = 0; at <= size;) {
		const char *end = at < size ? memchr(text + at, '\n', size - at) : NULL;
		size_t length = end ? (size_t)(end - text) - at : size - at;
		run_line(&flow, text + at, length);
		at += length + 1;
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* A frame of a history from anybody, with checksums that are right: it is refused, or its lines are such as a writer would have
 * stored. The input is a head and, behind it, lines as they are before they are compressed. */
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/events/frame.h"
#include "core/events/text.h"
#include "tests/fuzz/safe.h"

enum { PACKED_AT = 8, RAW_AT = 12, CHECKSUM_AT = 16 };

static void put(char *head, size_t at, size_t value)
{
	uint32_t number = (uint32_t)value;
	memcpy(head + at, &number, sizeof(number));
}

static void require_lines(const struct chunk *chunk)
{
	int64_t first_ms, last_ms;
	chunk_span(chunk, &first_ms, &last_ms);
	FUZZ_REQUIRE(chunk_is_reread(chunk));
	for (size_t i = 0; i < chunk_count(chunk); i++) {
		const struct record *record = chunk_record(chunk, i);
		struct event_line line = event_line_of(chunk, record);
		autostr struct str text = STR_INIT;
		for (int part = EVENT_MESSAGE; part <= EVENT_CORRELATION; part++)
			event_text(&line, (enum event_part)part, NULL, 1000, &text);
		fuzz_require_safe(text.text);
		fuzz_require_safe(line.bot);
		FUZZ_REQUIRE(record->wall_ms >= first_ms && record->wall_ms <= last_ms);
		FUZZ_REQUIRE(chunk_may_hold(chunk, line.bot));
	}
}

static void read_lines(
	const struct frame_head *head, const char *packed, const struct frame_start *start)
{
	struct chunk *cold = chunk_new_cold(&head->summary, NULL);
	struct chunk *chunk = frame_unpack(cold, packed, start);
	fuzz_require_safe(chunk_stream(cold)->name);
	for (size_t i = 0; i < head->summary.bot_count; i++)
		fuzz_require_safe(head->summary.bots[i]);
	if (chunk)
		require_lines(chunk);
	chunk_unref(chunk);
	chunk_unref(cold);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_start start;
	struct frame_head head;
	if (size < FRAME_START_BYTES || !frame_read_start((const char *)data, &start) ||
		start.head_bytes >= size || size > FRAME_RAW_MAX)
		return 0;
	size_t raw = size - start.head_bytes, room = ZSTD_compressBound(raw);
	autofree char *bytes = xmemdup(data, start.head_bytes);
	autofree char *packed = xmalloc(room);
	size_t length = ZSTD_compress(packed, room, data + start.head_bytes, raw, 1);
	put(bytes, PACKED_AT, length);
	put(bytes, RAW_AT, raw);
	put(bytes, CHECKSUM_AT, 0);
	put(bytes, CHECKSUM_AT, crc32(0, (unsigned char *)bytes, start.head_bytes));
	if (frame_read_start(bytes, &start) && frame_read_head(bytes, &start, &head))
		read_lines(&head, packed, &start);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* The log of a container in pieces: whatever comes, lines are bounded, and the size of the pieces changes nothing. */
#include "core/base/limits.h"
#include "core/base/str.h"
#include "core/parse/docker_log.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void note(void *context, const struct docker_log_line *line)
{
	struct str *seen = context;
	FUZZ_REQUIRE(line->stream < DOCKER_LOG_STREAMS);
	FUZZ_REQUIRE(line->length <= 2 * LIMIT_LOG_STORED_BYTES);
	FUZZ_REQUIRE(!memchr(line->text, '\n', line->length));
	str_addf(seen, "%u %lld %d ", line->stream, (long long)line->wall_ns, line->is_cut);
	str_add(seen, line->text, line->length);
	str_addch(seen, '\n');
}

static bool feed(const char *bytes, size_t length, bool is_raw, size_t piece, struct str *seen)
{
	struct docker_log log;
	bool is_good = true;
	docker_log_init(&log, is_raw, note, seen);
	for (size_t at = 0; at < length && is_good; at += piece)
		is_good = docker_log_feed(
			&log, bytes + at, length - at < piece ? length - at : piece);
	docker_log_end(&log, is_good);
	docker_log_release(&log);
	return is_good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	if (size < 2)
		return 0;
	bool is_raw = data[0] & 1;
	size_t piece = 1 + data[1] % 32;
	autostr struct str one = STR_INIT, other = STR_INIT;
	bool is_good = feed(bytes + 2, size - 2, is_raw, size, &one);
	FUZZ_REQUIRE(feed(bytes + 2, size - 2, is_raw, piece, &other) == is_good);
	FUZZ_REQUIRE(one.length == other.length);
	FUZZ_REQUIRE(!one.length || memcmp(one.text, other.text, one.length) == 0);
	return 0;
}

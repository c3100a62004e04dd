/* SPDX-License-Identifier: MIT */
/* Any bytes come out drawable, within their cells, and the same the second time. */
#include "core/base/sanitize.h"
#include "core/base/utf8.h"
#include "core/base/width.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void require_drawable(const struct str *text, bool rows)
{
	for (size_t at = 0; at < text->length;) {
		struct utf8_char next = utf8_next(text->text + at, text->length - at);
		struct cluster cluster = text_cluster(text->text + at, text->length - at);
		if (rows && next.code == '\n') {
			at++;
			continue;
		}
		FUZZ_REQUIRE(next.valid && !code_is_hidden(next.code) && !code_is_mark(next.code));
		FUZZ_REQUIRE(cluster.cells == 1 || cluster.cells == 2);
		FUZZ_REQUIRE(cluster.size <= next.size + (size_t)4 * UTF8_MAX_BYTES);
		at += cluster.size;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autostr struct str once = STR_INIT;
	autostr struct str twice = STR_INIT;
	unsigned flags = size ? data[0] % 4 : 0;
	size_t cells = size ? data[0] / 2 : 0;
	const char *bytes = (const char *)data;
	sanitize_as(&once, bytes, size, flags);
	require_drawable(&once, flags & SANITIZE_ROWS);
	sanitize_as(&twice, once.text, once.length, flags);
	FUZZ_REQUIRE(
		once.length == twice.length && memcmp(once.text, twice.text, once.length) == 0);
	str_clear(&twice);
	size_t width = sanitize_clip(&twice, bytes, size, cells);
	require_drawable(&twice, false);
	FUZZ_REQUIRE(width <= cells && width == text_width(twice.text, twice.length));
	size_t end = text_cluster_before(bytes, size).size, cut = utf8_cut(bytes, size, size / 2);
	FUZZ_REQUIRE(end <= size && cut <= size / 2 && size / 2 - cut <= UTF8_MAX_BYTES);
	return 0;
}

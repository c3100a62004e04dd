/* SPDX-License-Identifier: MIT */
/* A pattern that somebody typed over a line that somebody else wrote: it does not compile, or its match lies in the
 * line, whatever it costs. The first byte gives the flags; the pattern ends at the first line feed. */
#include <string.h>

#include "core/base/err.h"
#include "core/parse/regex.h"
#include "tests/fuzz/safe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *feed = size > 1 ? memchr(data + 1, '\n', size - 1) : NULL;
	struct err err = {.code = ERR_NONE};
	size_t wrong_at = 0, start = 0, end = 0;
	if (!feed)
		return 0;
	const char *pattern = (const char *)data + 1, *text = (const char *)feed + 1;
	size_t length = (size_t)(feed - data) - 1, subject = size - length - 2;
	struct regex *regex = regex_new(pattern, length, data[0] & 15, &wrong_at, &err);
	if (!regex) {
		FUZZ_REQUIRE(err.text[0] && wrong_at <= length);
		fuzz_require_safe(err.text);
		return 0;
	}
	for (size_t from = 0; from <= subject && from < 4; from++) {
		if (regex_match(regex, text, subject, from, &start, &end) == REGEX_YES)
			FUZZ_REQUIRE(from <= start && start <= end && end <= subject);
	}
	regex_free(regex);
	return 0;
}

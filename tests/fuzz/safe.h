/* SPDX-License-Identifier: MIT */
/* What may reach a cell: valid UTF-8 without a character that a terminal acts upon or hides. */
#ifndef BOTSWAIN_TESTS_FUZZ_SAFE_H
#define BOTSWAIN_TESTS_FUZZ_SAFE_H

#include <string.h>

#include "core/base/utf8.h"
#include "core/base/width.h"
#include "tests/fuzz/fuzz.h"

static inline void fuzz_require_safe(const char *text)
{
	size_t length = strlen(text);
	for (size_t at = 0; at < length;) {
		struct utf8_char next = utf8_next(text + at, length - at);
		FUZZ_REQUIRE(next.valid && !code_is_hidden(next.code));
		at += next.size;
	}
}

#endif

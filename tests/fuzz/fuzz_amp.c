/* SPDX-License-Identifier: MIT */
/* AMP frames: every argument lies within the frame, and what was written is read back. */
#include "core/parse/amp.h"
#include "core/base/str.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct amp_frame frame = {0};
	autostr struct str text = STR_INIT;
	const char *bytes = (const char *)data;
	if (amp_read(bytes, size, MAX, &frame) == AMP_WHOLE) {
		FUZZ_REQUIRE(frame.length <= size && frame.count <= AMP_ARGUMENTS_MAX);
		for (size_t i = 0; i < frame.count; i++)
			FUZZ_REQUIRE(frame.arguments[i].bytes >= bytes &&
				     frame.arguments[i].bytes + frame.arguments[i].length <=
					     bytes + frame.length);
	}
	const char *const words[] = {"j:{}", "0:1"};
	amp_write(&text, words, 2);
	FUZZ_REQUIRE(amp_read(text.text, text.length, MAX, &frame) == AMP_WHOLE);
	FUZZ_REQUIRE(frame.count == 2 && frame.arguments[1].length == 3);
	for (size_t i = 0; i < text.length; i++)
		FUZZ_REQUIRE(amp_read(text.text, i, MAX, &frame) == AMP_MORE);
	return 0;
}

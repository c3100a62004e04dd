/* SPDX-License-Identifier: MIT */
/* Two mount tables and a path, with NUL between them: every place is absolute, and they end. */
#include "core/parse/mounts.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *theirs = xstrndup((const char *)data, size);
	size_t first = strlen(theirs) + 1;
	autofree char *ours = xstrndup((const char *)data + (first < size ? first : size),
		first < size ? size - first : 0);
	size_t second = first + strlen(ours) + 1;
	autofree char *path = xstrndup((const char *)data + (second < size ? second : size),
		second < size ? size - second : 0);
	autostr struct str place = STR_INIT;
	for (size_t nth = 0; mounts_outside(theirs, ours, path, nth, &place); nth++) {
		FUZZ_REQUIRE(place.text[0] == '/');
		FUZZ_REQUIRE(nth < size);
		str_clear(&place);
	}
	return 0;
}

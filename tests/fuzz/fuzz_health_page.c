/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/base/err.h"
#include "core/parse/health_page.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char said[32];
	struct err err = {0};
	memset(said, 'x', sizeof(said));
	if (health_page_says((const char *)data, size, said, sizeof(said)))
		FUZZ_REQUIRE(memchr(said, '\0', sizeof(said)));
	if (!health_page_has((const char *)data, size, "checks.redis=true", &err))
		FUZZ_REQUIRE(err.text[0]);
	return 0;
}

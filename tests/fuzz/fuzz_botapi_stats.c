/* SPDX-License-Identifier: MIT */
#include "core/base/err.h"
#include "core/parse/botapi_stats.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct botapi_stats stats;
	struct err err = {0};
	if (!botapi_stats_read((const char *)data, size, &stats, &err))
		FUZZ_REQUIRE(err.text[0]);
	FUZZ_REQUIRE(stats.count <= BOTAPI_STATS_BOTS);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "core/parse/redis_info.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct redis_info info;
	struct redis_info_pair pair;
	struct err err;
	if (redis_info_read(text, size, &info, &err))
		FUZZ_REQUIRE(info.keys >= REDIS_INFO_NONE && info.used_memory >= REDIS_INFO_NONE);
	for (size_t at = 0; redis_info_next(text, size, &at, &pair);) {
		FUZZ_REQUIRE(pair.key_length > 0 && pair.value + pair.value_length <= text + size);
		FUZZ_REQUIRE(redis_info_field(&pair, "keys", 1000) >= REDIS_INFO_NONE);
	}
	return 0;
}

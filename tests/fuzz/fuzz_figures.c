/* SPDX-License-Identifier: MIT */
/* Durations, sizes, times, numbers and event keys that operators or programs write. */
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/msg/event_key.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	autofree char *text = xstrndup(size ? bytes : "", size);
	int64_t value;
	double number;
	bool has_zone;
	struct event_key key;
	struct err err = {0};
	if (parse_duration(text, &value, &err))
		FUZZ_REQUIRE(value >= 0 && strlen(format_duration(value).text) <= 7);
	if (parse_bytes(text, &value, &err))
		FUZZ_REQUIRE(value >= 0 && strlen(format_bytes(value).text) <= 5);
	if (parse_rfc3339(bytes, size, &value, &has_zone))
		FUZZ_REQUIRE(format_rfc3339(value).text[0]);
	if (parse_double(bytes, size, &number))
		FUZZ_REQUIRE(format_number(number).text[0] && format_percent(number).text[0]);
	if (token_check(bytes, size, &value, &err))
		FUZZ_REQUIRE(value > 0 && value < INT64_C(1) << 54);
	if (event_key_read(text, &key, &err)) {
		struct event_key again;
		FUZZ_REQUIRE(event_key_read(event_key_print(key).text, &again, &err));
		FUZZ_REQUIRE(event_key_compare(key, again) == 0);
	}
	return 0;
}

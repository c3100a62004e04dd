/* SPDX-License-Identifier: MIT */
/* .env files and pid files: a value is found or the file refused, and the value is untouched then. */
#include "core/parse/env_file.h"
#include "core/parse/pid.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autostr struct str value = STR_INIT;
	struct err err = {0};
	int32_t pid = 0;
	str_adds(&value, "before");
	if (env_file_find((const char *)data, size, "BOT_TOKEN", &value, &err))
		FUZZ_REQUIRE(value.length <= size);
	else
		FUZZ_REQUIRE(strcmp(value.text, "before") == 0 && err.text[0]);
	if (pid_read((const char *)data, size, &pid, &err))
		FUZZ_REQUIRE(pid >= 1 && pid <= 1 << 22);
	return 0;
}

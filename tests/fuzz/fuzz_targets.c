/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/base/err.h"
#include "core/conf/targets.h"
#include "tests/fuzz/fuzz.h"

const char *__lsan_default_suppressions(void);
/* libfyaml 0.7 loses what it made of some texts with errors; a list that did not change is not read again. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct targets *targets = NULL;
	struct err err = {.code = ERR_NONE};
	if (!targets_parse("t", (const char *)data, size, &targets, &err)) {
		FUZZ_REQUIRE(!targets && err.text[0]);
		return 0;
	}
	size_t count;
	const struct target *list = targets_list(targets, &count);
	FUZZ_REQUIRE(count <= TARGETS_MAX);
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(list[i].address);
		FUZZ_REQUIRE(length > 0 && length <= TARGET_ADDRESS_MAX);
		for (size_t j = 0; j < length; j++)
			FUZZ_REQUIRE(list[i].address[j] > ' ' && list[i].address[j] < 0x7f);
		FUZZ_REQUIRE(list[i].label_count <= TARGET_LABELS_MAX);
		for (size_t j = 0; j < list[i].label_count; j++)
			FUZZ_REQUIRE(strchr(list[i].labels[j], '='));
	}
	targets_free(targets);
	return 0;
}

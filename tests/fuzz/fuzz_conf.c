/* SPDX-License-Identifier: MIT */
/* Any bytes as a configuration: read or refused, and every refusal is printable text. */
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "tests/fuzz/fuzz.h"

const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 forgets a buffer of a quoted scalar of many doubled quotes: not ours to free. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings *settings = NULL;
	struct str report autostr = STR_INIT;
	struct err err = {0};
	char *text = xcalloc(1, size + 1);
	if (size)
		memcpy(text, data, size);
	bool fine = settings_parse(text, size, "/nowhere/botswain.yaml", &settings, &report, &err);
	FUZZ_REQUIRE(fine == (err.code == ERR_NONE) && fine == (settings != NULL));
	for (size_t i = 0; i < report.length; i++)
		FUZZ_REQUIRE((unsigned char)report.text[i] >= 0x20 || report.text[i] == '\n');
	settings_unref(settings);
	free(text);
	return 0;
}

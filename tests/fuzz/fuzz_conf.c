/* SPDX-License-Identifier: MIT */
/* Any bytes as a configuration: read or refused, and every refusal is printable text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
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
	char *text = xstrndup("", 0);
	text = xrealloc(text, size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	bool fine = settings_parse(text, size, "/nowhere/botswain.yaml", &settings, &report, &err);
	if (fine == (err.code != ERR_NONE) || fine == !settings)
		abort();
	for (size_t i = 0; i < report.length; i++)
		if ((unsigned char)report.text[i] < 0x20 && report.text[i] != '\n')
			abort();
	settings_unref(settings);
	free(text);
	return 0;
}

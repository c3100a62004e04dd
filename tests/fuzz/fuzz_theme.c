/* SPDX-License-Identifier: MIT */
/* Any bytes as a theme: read or refused with a place; what was read can be cut down to any terminal. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "themes/theme.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 forgets a buffer of a quoted scalar of many doubled quotes: not ours to free. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct theme theme, reduced;
	struct err err = {0};
	char *text = xmalloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	bool fine = theme_parse("fuzz.yaml", text, size, &theme, &err);
	if (!fine && (err.code == ERR_NONE || strncmp(err.text, "fuzz.yaml:", 10) != 0))
		abort();
	for (int depth = DEPTH_MONO; fine && depth <= DEPTH_RGB; depth++) {
		reduced = theme;
		theme_reduce(&reduced, (enum depth)depth);
	}
	free(text);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* The themes that are shipped: the files of this folder, embedded at build (gen/themes.inc). */
#include "themes/theme.h"

#include <string.h>

#include "core/base/err.h"

static const struct {
	const char *name, *text;
} files[] = {
#include "themes.inc"
};

/* "mono" has no file: it is the system theme without its colours. */
static const char *const names[] = {"system",
#define THEME(name) #name,
#include "themes.def"
#undef THEME
	"mono", NULL};

const char *const *theme_builtin_names(void)
{
	return names;
}

bool theme_builtin(const char *name, struct theme *ret_theme, struct err *err)
{
	bool mono = strcmp(name, "mono") == 0;
	const char *wanted = mono ? "system" : name;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		if (strcmp(files[i].name, wanted) != 0)
			continue;
		if (!theme_parse(name, files[i].text, strlen(files[i].text), ret_theme, err))
			return false;
		if (mono)
			theme_reduce(ret_theme, DEPTH_MONO);
		return true;
	}
	return err_set(err, ERR_NOT_FOUND,
		"no theme '%s'; shipped are system, dark, light, contrast and mono", name);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "widgets/canvas.h"

/* BOTSWAIN_GOLDEN_DIR is for tests of this file. */
static void path_of(const char *name, struct str *ret_path)
{
	const char *folder = getenv("BOTSWAIN_GOLDEN_DIR");
	str_addf(ret_path, "%s/%s.txt", folder ? folder : "tests/golden", name);
}

static void rewrite(const char *path, const char *text)
{
	mkdir("tests/golden", 0777);
	FILE *file = fopen(path, "we");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		fail_msg("cannot write golden '%s'", path);
}

static bool read_all(const char *path, struct str *ret_text)
{
	char chunk[4096];
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	for (size_t got; (got = fread(chunk, 1, sizeof(chunk), file)) > 0;)
		str_add(ret_text, chunk, got);
	fclose(file);
	return true;
}

static void show_difference(const char *path, const char *want, const char *have)
{
	int line = 1;
	while (*want && *have) {
		size_t a = strcspn(want, "\n"), b = strcspn(have, "\n");
		if (a != b || memcmp(want, have, a) != 0)
			break;
		want += a + (want[a] == '\n');
		have += b + (have[b] == '\n');
		line++;
	}
	fail_msg("%s:%d differs (make golden rewrites):\n  golden: %.*s\n  now:    %.*s", path,
		line, (int)strcspn(want, "\n"), want, (int)strcspn(have, "\n"), have);
}

void golden_check(const char *name, const char *text)
{
	autostr struct str path = STR_INIT, golden = STR_INIT;
	path_of(name, &path);
	const char *wish = getenv("BOTSWAIN_GOLDEN");
	if (wish && strcmp(wish, "1") == 0) {
		rewrite(path.text, text);
		return;
	}
	if (!read_all(path.text, &golden))
		fail_msg("no golden '%s': look at the screen, then make golden", path.text);
	if (strcmp(golden.text, text) != 0)
		show_difference(path.text, golden.text, text);
}

void golden_check_grid(const char *name, const struct grid *grid)
{
	autostr struct str text = STR_INIT;
	grid_dump(grid, &text);
	golden_check(name, text.text);
}

/* SPDX-License-Identifier: MIT */
#include "core/engine/promqltest_run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/series/promql/promqltest.h"

enum { GOOD = 0, FAILED = 1, WRONG = 2, FILE_BYTES_MOST = 16 << 20 };

static bool read_file(const char *path, struct str *to, struct err *err)
{
	char block[16384];
	size_t length;
	FILE *file = fopen(path, "re");
	if (!file)
		return err_errno(err, errno, "cannot read '%s'", path);
	while ((length = fread(block, 1, sizeof(block), file)) > 0 && to->length <= FILE_BYTES_MOST)
		str_add(to, block, length);
	int errnum = ferror(file) ? errno : 0;
	fclose(file);
	if (errnum)
		return err_errno(err, errnum, "cannot read '%s'", path);
	return to->length <= FILE_BYTES_MOST ||
	       err_set(err, ERR_LIMIT, "'%s' has more than %d bytes", path, FILE_BYTES_MOST);
}

int promqltest_files(char *const *paths, size_t count)
{
	struct promqltest_counts counts = {.passed = 0};
	for (size_t i = 0; i < count; i++) {
		autostr struct str text = STR_INIT, words = STR_INIT;
		struct err err;
		if (!read_file(paths[i], &text, &err)) {
			fprintf(stderr, "botswaind: %s\n", err.text);
			return WRONG;
		}
		promqltest_run(paths[i], text.text, text.length, &counts, &words);
		fputs(words.text, stdout);
	}
	printf("%zu passed, %zu failed, %zu not supported\n", counts.passed, counts.failed,
		counts.unsupported);
	return fflush(stdout) == 0 && !counts.failed ? GOOD : FAILED;
}

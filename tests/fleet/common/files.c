/* SPDX-License-Identifier: MIT */
#include "tests/fleet/common/files.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "core/base/mem.h"

enum { FILE_MAX_BYTES = 1 << 20 };

bool file_read(const char *path, struct str *ret_text, struct err *err)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return err_errno(err, errno, "cannot read '%s'", path);
	char piece[4096];
	str_clear(ret_text);
	for (size_t got; ret_text->length < FILE_MAX_BYTES &&
			 (got = fread(piece, 1, sizeof(piece), file)) > 0;)
		str_add(ret_text, piece, got);
	fclose(file);
	while (ret_text->length && isspace((unsigned char)ret_text->text[ret_text->length - 1]))
		str_truncate(ret_text, ret_text->length - 1);
	return true;
}

bool file_replace(const char *path, const char *text, struct err *err)
{
	autofree char *beside = xasprintf("%s.new", path);
	FILE *file = fopen(beside, "we");
	if (!file)
		return err_errno(err, errno, "cannot write '%s'", beside);
	bool good = fputs(text, file) >= 0;
	good = fclose(file) == 0 && good;
	if (!good || rename(beside, path) != 0)
		return err_errno(err, errno, "cannot write '%s'", path);
	return true;
}

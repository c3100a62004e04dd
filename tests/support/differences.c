/* SPDX-License-Identifier: MIT */
#include "tests/support/differences.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/str.h"

static enum difference_kind kind_of(const char *word)
{
	static const char *const words[] = {[DIFFERS_ABSENT] = "absent",
		[DIFFERS_PARTLY] = "partly",
		[DIFFERS_WITHIN] = "within",
		[DIFFERS_AT_TIMES] = "at-times"};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strcmp(words[i], word) == 0)
			return (enum difference_kind)i;
	fail_msg("%s is no word of a list of differences", word);
	abort();
}

static void read_line(struct differences *all, const char *line, unsigned number)
{
	struct difference *new = &all->list[all->count++];
	char word[16];
	int at = 0;
	assert_true(all->count < COUNT_OF(all->list));
	if (sscanf(line, "%95s %15s %n", new->name, word, &at) != 2)
		fail_msg("%s:%u: NAME WORD REASON", all->path, number);
	new->kind = kind_of(word);
	if (new->kind >= DIFFERS_WITHIN) {
		char *end;
		new->slack = strtod(line + at, &end);
		new->is_share = *end == '%';
		at = (int)(end - line) + new->is_share;
	}
	if (!line[at] || line[at] == '\n')
		fail_msg("%s:%u: there is no reason", all->path, number);
	size_t length = strlen(new->name);
	new->is_start = new->name[length - 1] == '*';
	if (new->is_start)
		new->name[length - 1] = '\0';
}

void differences_read(struct differences *all, const char *path)
{
	char line[400];
	unsigned number = 0;
	if (all->path)
		return;
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	all->path = path;
	while (fgets(line, sizeof(line), file)) {
		number++;
		if (line[0] != '#' && line[0] != '\n')
			read_line(all, line, number);
	}
	fclose(file);
}

struct difference *differences_find(
	struct differences *all, const char *name, enum difference_kind kind)
{
	for (size_t i = 0; i < all->count; i++) {
		struct difference *one = &all->list[i];
		bool is_it =
			one->is_start ? starts_with(name, one->name) : strcmp(name, one->name) == 0;
		if (one->kind == kind && is_it)
			return one;
	}
	return NULL;
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/rule_pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/str.h"

/* Behind `mark`, without quotes around it all; NULL: the line is another. */
static char *behind(char *line, const char *mark)
{
	char *at = strstr(line, mark);
	if (!at)
		return NULL;
	at += strlen(mark);
	at[strcspn(at, "\n")] = '\0';
	size_t length = strlen(at);
	bool is_quoted = length > 1 && *at == '\'' && at[length - 1] == '\'';
	return is_quoted ? xasprintf("%.*s", (int)length - 2, at + 1) : xstrdup(at);
}

static void take_line(struct rule_list *rules, char *line)
{
	char *name = behind(line, "- alert: "), *query = behind(line, " expr: ");
	if (name) {
		rules->list = grow(rules->list, rules->count, &rules->room, sizeof(*rules->list));
		rules->list[rules->count++] = (struct rule){.name = name};
	}
	if (query && rules->count) {
		free(rules->list[rules->count - 1].query);
		rules->list[rules->count - 1].query = query;
	}
}

bool rule_list_read(struct rule_list *rules, const char *page)
{
	char line[4096];
	const char *folder = getenv("BOTSWAIN_CORPUS");
	autofree char *path = xasprintf("%s/rules/%s", folder ? folder : "../shared/corpus", page);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		take_line(rules, line);
	fclose(file);
	return true;
}

void rule_list_release(struct rule_list *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		free(rules->list[i].name);
		free(rules->list[i].query);
	}
	free(rules->list);
	*rules = (struct rule_list){.list = NULL};
}

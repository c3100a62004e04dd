/* SPDX-License-Identifier: MIT */
/* The public alerting rules of the corpus (shared/corpus beside the project, or BOTSWAIN_CORPUS): their names and queries. */
#ifndef BOTSWAIN_TESTS_RULE_PAGES_H
#define BOTSWAIN_TESTS_RULE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

struct rule {
	char *name, *query;
};

struct rule_list {
	struct rule *list;
	size_t count, room;
};

/* Adds those of a page: "redis.yml". False: it is not there. */
bool rule_list_read(struct rule_list *rules, const char *page);
void rule_list_release(struct rule_list *rules);

#endif

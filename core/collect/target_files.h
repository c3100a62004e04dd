/* SPDX-License-Identifier: MIT */
/*
 * The lists of targets of the entries `scrape` that have one: read again as often as their pages are looked at, and posted
 * as a source of the entry's name. A list that cannot be read changes nothing: the one of before stays. Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_TARGET_FILES_H
#define BOTSWAIN_COLLECT_TARGET_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct conf_scrape;
struct hub;
struct settings;
struct target;
struct target_files;

struct target_files *target_files_new(void) MUST_CHECK;
void target_files_free(struct target_files *files); /* NULL is legal */
/* The entries are those of the settings; new ones are read at once. */
void target_files_set(struct target_files *files, const struct settings *settings, struct hub *hub);
/* When the next file is due; INT64_MAX: there is none. */
int64_t target_files_due_ms(const struct target_files *files);
/* Reads what is due. True: a list is another one now. */
bool target_files_look(struct target_files *files, struct hub *hub);
/* Those of an entry. Their texts are kept until target_files_settle(), also when the list changes. */
const struct target *target_files_list(
	const struct target_files *files, const struct conf_scrape *scrape, size_t *ret_count);
/* Nobody uses the lists of before any more. */
void target_files_settle(struct target_files *files);

#endif

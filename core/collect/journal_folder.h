/* SPDX-License-Identifier: MIT */
/*
 * The files of a journal: of a folder (with the folders of machines in it), of one file with what it was rotated
 * to, or of this machine. Sorted: of each writer the archived ones first, in the order in which they were written.
 * Journal thread.
 */
#ifndef BOTSWAIN_COLLECT_JOURNAL_FOLDER_H
#define BOTSWAIN_COLLECT_JOURNAL_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/collect/journal_file.h"

enum { JOURNAL_FILES_MAX = 4096, JOURNAL_FOLDERS_MAX = 64 };

struct journal_folder {
	char *path; /* "": this machine's journal */
	struct journal_file **files;
	size_t count, capacity;
	char *folders[JOURNAL_FOLDERS_MAX]; /* looked into */
	size_t folder_count;
	char *closed
		[JOURNAL_FOLDERS_MAX]; /* that could not be looked into before it was begun, nor since */
	size_t closed_count;
	bool is_begun; /* set by its owner: what is found from now on was not there before us */
	bool is_full;  /* there are more files or folders */
};

void journal_folder_release(struct journal_folder *folder);
/* Looks which files there are: those that are known stay what they are (their path may be another), new ones are added, those
 * that are gone from it are not `is_there`. False: there is no such journal, or it or a folder in it may not be looked into:
 * with a `folder_count` the rest of it was. */
MUST_CHECK bool journal_folder_look(struct journal_folder *folder, struct err *err);
/* Takes those out that are neither there nor open. */
void journal_folder_tidy(struct journal_folder *folder);

#endif

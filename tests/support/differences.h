/* SPDX-License-Identifier: MIT */
/*
 * A list of what differs between our metrics and those of the exporters, a line each with its reason (# begins a comment):
 *   NAME absent REASON    we do not have it (NAME* : all that begin so)
 *   NAME partly REASON    both have it, not of all the same labels
 *   NAME within N REASON  its value moves by that much between two readings; N%: by such a share of it
 *   NAME at-times N REASON  the same, but not in each run
 */
#ifndef BOTSWAIN_TESTS_DIFFERENCES_H
#define BOTSWAIN_TESTS_DIFFERENCES_H

#include <stdbool.h>
#include <stddef.h>

enum difference_kind { DIFFERS_ABSENT, DIFFERS_PARTLY, DIFFERS_WITHIN, DIFFERS_AT_TIMES };

struct difference {
	char name[96];
	double slack; /* of those with an N */
	bool is_share;
	bool is_used; /* the reader's */
	bool is_start;
	enum difference_kind kind;
};

struct differences {
	struct difference list[200];
	size_t count;
	const char *path; /* NULL: not read yet */
};

/* Fails the test when a line is wrong; nothing when it was read before. */
void differences_read(struct differences *all, const char *path);
/* NULL: there is none. */
struct difference *differences_find(
	struct differences *all, const char *name, enum difference_kind kind);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * One entry of a journal: where it stands, when it was written, whose it is, what it says. Its own
 * fields (those of the program that are not the journal's, CORRELATION_ID apart) are kept as
 * `name=value`, lower case. Journal thread.
 */
#ifndef BOTSWAIN_COLLECT_JOURNAL_ENTRY_H
#define BOTSWAIN_COLLECT_JOURNAL_ENTRY_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/str.h"
#include "core/parse/log_level.h"

struct sd_journal;

enum { JOURNAL_UNIT_BYTES = 256, JOURNAL_ID_BYTES = 33 };

/* Where an entry stands: numbers of one id count up, one by one, over all files of their writer. */
struct journal_position {
	char id[JOURNAL_ID_BYTES]; /* "" none yet */
	uint64_t number;
};

struct journal_entry {
	struct journal_position position;
	uint64_t wall_us;
	enum log_level level; /* of its PRIORITY */
	char unit[JOURNAL_UNIT_BYTES];
	struct str message; /* may hold newlines, and any bytes; at most LIMIT_LOG_STORED_BYTES */
	bool is_cut;        /* it was longer */
	struct str rest, identifier, correlation; /* one line each */
	uint64_t
		suppressed; /* it is the journal's word that so many lines of the unit are not in it */
	/* private */
	struct str number; /* scratch */
	uint64_t uid, pid;
	bool is_suppression;
	char candidate[JOURNAL_UNIT_BYTES]; /* of a field that only root may say */
	char user_unit[JOURNAL_UNIT_BYTES];
};

void journal_entry_init(struct journal_entry *entry);
void journal_entry_release(struct journal_entry *entry);
/* Position and time of the one that the journal is at. 0, or a negative errno as libsystemd has them. */
int journal_entry_place(struct journal_entry *entry, struct sd_journal *journal) MUST_CHECK;
/* All else of it. */
int journal_entry_read(struct journal_entry *entry, struct sd_journal *journal) MUST_CHECK;

#endif

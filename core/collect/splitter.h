/* SPDX-License-Identifier: MIT */
/*
 * Bytes that come, as lines. The last waits for its end, as long as its owner lets it; one without end is cut, and what is left of
 * it then goes. One thread.
 */
#ifndef BOTSWAIN_COLLECT_SPLITTER_H
#define BOTSWAIN_COLLECT_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/str.h"

enum { SPLITTER_WAIT_MS = 1000 /* usual: a line waits so long for its end */ };

/* `is_cut`: it was too long, or it is not at its end yet. */
typedef void splitter_take(void *context, const char *line, size_t length, bool is_cut);

struct splitter {
	struct str partial;
	int64_t grown_ms; /* mono: when it last did */
	bool is_skipping; /* to the end of a line that was cut */
};

void splitter_init(struct splitter *splitter);
void splitter_release(struct splitter *splitter);
void splitter_feed(struct splitter *splitter, const char *bytes, size_t length, int64_t now_ms,
	splitter_take *take, void *context);
/* Gives what there is of the last line, if anything; what comes after it is a line of its own. */
void splitter_give(struct splitter *splitter, bool is_cut, splitter_take *take, void *context);
/* When the last line has waited long enough (mono); INT64_MAX: there is none. */
int64_t splitter_due_ms(const struct splitter *splitter);
/* Gives it, if it has. */
void splitter_give_late(
	struct splitter *splitter, int64_t now_ms, splitter_take *take, void *context);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Where chunks go that fall out of memory: files on the disk, compressed, within a byte budget. A chunk that is handed over
 * becomes a cold one at once: it says of itself what it said before, and is asked like any other; its lines are in memory
 * until a thread of its own has written them, and are read from the disk, by whoever asks, from then on. What cannot be
 * written, or is removed to make room, is gone: its owner looks for that and counts it.
 *
 * At the start what earlier engines wrote is found by the same thread. Its lines were redacted with what was known then:
 * they are redacted anew by whoever reads them, as those of files that stay where they lie.
 */
#ifndef BOTSWAIN_EVENTS_HISTORY_H
#define BOTSWAIN_EVENTS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct chunk;
struct err;
struct history;
struct history_place;

enum {
	HISTORY_QUEUE_BYTES = 16 << 20, /* that wait for the disk; what comes then is not taken */
	HISTORY_CACHE_BYTES = 16 << 20, /* of lines that were read last */
};

/* A folder that is there and ours alone; and its thread. */
MUST_CHECK bool history_open(
	const char *folder, uint64_t budget, struct history **ret, struct err *err);
/* Writes what waits, for so long at most. Cold chunks may outlive it. NULL is legal. */
void history_close(struct history *history, int64_t patience_ms);

/* A cold chunk for one that is written no more and has lines; the caller has its one reference. NULL: too much waits for the
 * disk, unless `is_last`: nothing comes behind it. */
struct chunk *history_take(
	struct history *history, const struct chunk *chunk, bool is_last) MUST_CHECK;
/* The next that was found of earlier engines, `most` at a time: cold chunks in the order in which they were written, a reference
 * each. */
size_t history_found(struct history *history, struct chunk **ret, size_t most);
/* All was found that there is, and was taken. */
bool history_has_found_all(struct history *history);
/* A function that may wait for the disk is called on its thread. */
void history_run(struct history *history, void (*run)(void *context), void *context);

struct history_figures {
	uint64_t bytes, budget_bytes;
	uint64_t unreadable_lines; /* that were found to be damaged */
	uint64_t losses;           /* grows when a chunk may be gone */
	char error[256];           /* what is wrong now; empty: nothing */
};
/* Any thread; a lock for a moment, as for all of these. */
struct history_figures history_figures(struct history *history);
/* Waits until all that was handed over is written, or could not be, and all is found. For tests. */
void history_drain(struct history *history);

/* ---- any thread ---- */
/* The lines of a cold chunk, a reference for the caller; it waits for the disk. NULL: they cannot be read. */
struct chunk *history_read(const struct chunk *cold) MUST_CHECK;
/* They cannot, now or ever. */
bool history_is_gone(const struct chunk *cold);
void history_place_unref(struct history_place *place); /* NULL is legal */

#endif

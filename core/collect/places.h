/* SPDX-License-Identifier: MIT */
/*
 * Where workers were when they left: how far each had read of what it followed. A reload with other settings ends a
 * worker and starts its successor at once; the successor waits until the one before has left its place, and goes on
 * from there: nothing is read twice and nothing in between is lost. A place has a key (what is followed, and where it
 * is) and one owner at a time; what was left there PLACES_KEPT_MS ago is forgotten. Any thread; each worker its own key.
 */
#ifndef BOTSWAIN_COLLECT_PLACES_H
#define BOTSWAIN_COLLECT_PLACES_H

#include <stdbool.h>
#include "core/base/attr.h"

struct places;
struct worker;

enum { PLACES_MAX = 256, PLACES_WAIT_MS = 3000, PLACES_KEPT_MS = 15 * 60 * 1000 };

struct places *places_new(void) MUST_CHECK;
void places_free(struct places *places); /* NULL is legal */

/* Owns the place of this key, waiting for the worker that has it (up to PLACES_WAIT_MS); `ret_data`: what that left, the
 * caller's, or NULL. False: told to stop, or it did not leave in time: nothing is owned. */
MUST_CHECK bool places_enter(
	struct places *places, struct worker *worker, const char *key, void **ret_data);
/* Gives up a place that is owned, and leaves `data` for the next (NULL: nothing, who comes begins anew). Takes ownership
 * of it; `release` frees it when nobody comes. */
void places_leave(struct places *places, struct worker *worker, const char *key, void *data,
	void (*release)(void *data));

/* places_enter() of the worker's hub. Takes ownership of the key and gives it back when the place is owned; else NULL. */
char *places_settle(struct worker *worker, char *key, void **ret_data) MUST_CHECK;
/* places_leave() with such a key, which stays the caller's; NULL: nothing is owned, and `data` is freed. */
void places_move_on(
	struct worker *worker, const char *key, void *data, void (*release)(void *data));

#endif

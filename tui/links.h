/* SPDX-License-Identifier: MIT */
/*
 * The engines of one screen: a link each, with a state and a back-off of its own, and one model of what all of them know.
 * None waits for another. Engines know nothing of each other, and two may have bots of the same name: what comes in gets
 * the number of its link into its ids, and that is taken out of what goes to the engine (links_id(), links_raw()). The
 * first link has the number 0, so the ids of a screen on one engine are the engine's. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_LINKS_H
#define BOTSWAIN_TUI_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/engine/client_tunnel.h"
#include "core/model/model.h"
#include "tui/link.h"

/* Entity ids have 53 bits; the links' numbers stand above them. */
enum { LINKS_MAX = WAYS_MAX, LINKS_SHIFT = 56 };

struct links;

/* A message that is no state, of link number `link`; freed after the call. */
typedef void links_take(void *context, size_t link, enum msg_kind kind, const void *body);

/* One link for each of `ways`; without any, one to the engine of `settings`. All are borrowed. */
struct links *links_new(
	const struct settings *settings, const struct ways *ways, const char *kind) MUST_CHECK;
/* Over one link; takes ownership. */
struct links *links_over(struct link *link) MUST_CHECK;
/* One more, before the first step. `name` "": that of its engine's environment. Takes ownership. */
void links_add(struct links *links, const char *name, struct link *link);
/* The same ways to the recordings of the same engines, which are called as they are called now; NULL: there are none. */
struct links *links_past(const struct links *links) MUST_CHECK;
void links_free(struct links *links); /* NULL is legal */

/* link_recall() where there is one link; before the first turn. */
void links_recall(struct links *links, int64_t now_wall_ms, int64_t now_mono_ms);

size_t links_count(const struct links *links);
struct link *links_at(const struct links *links, size_t index);
/* What it is called here; no two have one name. Of several none is "". */
const char *links_name(const struct links *links, size_t index);
/* The one of that name; links_count(): none. */
size_t links_find(const struct links *links, const char *name);
/* What all engines know. */
const struct model *links_model(const struct links *links);
struct model *links_model_edit(struct links *links); /* tests */

/* Steps all links. The result has bit n for link n: turns of it were applied. */
uint32_t links_step(struct links *links, int64_t now_mono_ms, links_take *take, void *context);

/* ---- ids ---- */

/* Which link an entity's id came over. */
static inline size_t links_of(uint64_t id)
{
	return (size_t)(id >> LINKS_SHIFT);
}
/* The id as its engine knows it. */
static inline uint64_t links_raw(uint64_t id)
{
	return id & ((UINT64_C(1) << LINKS_SHIFT) - 1);
}
/* The id of the model for one that engine knows; 0 stays 0. */
static inline uint64_t links_id(size_t link, uint64_t raw)
{
	return raw ? raw | (uint64_t)link << LINKS_SHIFT : 0;
}

#endif

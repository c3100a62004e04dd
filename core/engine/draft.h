/* SPDX-License-Identifier: MIT */
/*
 * Entities being changed in this turn. The first observation of a turn copies the entity, further
 * ones change the copy, and drafts_commit() judges each once and puts it when it differs: ten
 * observations of a bot in a turn cost one verdict and one revision. Nobody else may change a
 * drafted entity before the commit.
 */
#ifndef BOTSWAIN_ENGINE_DRAFT_H
#define BOTSWAIN_ENGINE_DRAFT_H

#include <stddef.h>
#include "core/msg/msg.h"

struct engine;

struct draft {
	enum msg_kind kind;
	uint64_t id;
	void *body;
};

struct drafts {
	struct draft *list;
	size_t count, room;
};

/* The draft of an entity that exists; NULL: there is none. */
void *draft_edit(struct engine *engine, enum msg_kind kind, uint64_t id);
/* The draft of an entity that is made when there is none: a zeroed body with its id. */
void *draft_make(struct engine *engine, enum msg_kind kind, uint64_t id);
/* The entity leaves, and its draft with it. */
void draft_remove(struct engine *engine, enum msg_kind kind, uint64_t id);
/* Judges and puts all. */
void drafts_commit(struct engine *engine);
void drafts_release(struct drafts *drafts);

#endif

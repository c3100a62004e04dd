/* SPDX-License-Identifier: MIT */
#include "core/engine/draft.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/engine/internal.h"
#include "core/engine/judge.h"

static struct draft *find(const struct drafts *drafts, enum msg_kind kind, uint64_t id)
{
	for (size_t i = drafts->count; i-- > 0;)
		if (drafts->list[i].id == id && drafts->list[i].kind == kind)
			return &drafts->list[i];
	return NULL;
}

static void *begin(struct drafts *drafts, enum msg_kind kind, uint64_t id, void *body)
{
	drafts->list = grow(drafts->list, drafts->count, &drafts->room, sizeof(*drafts->list));
	drafts->list[drafts->count++] = (struct draft){.kind = kind, .id = id, .body = body};
	return body;
}

void *draft_edit(struct engine *engine, enum msg_kind kind, uint64_t id)
{
	const struct draft *draft = find(&engine->drafts, kind, id);
	if (draft)
		return draft->body;
	const void *known = model_find(engine->model, kind, id);
	return known ? begin(&engine->drafts, kind, id, msg_copy(kind, known)) : NULL;
}

void *draft_make(struct engine *engine, enum msg_kind kind, uint64_t id)
{
	void *body = draft_edit(engine, kind, id);
	if (body)
		return body;
	body = msg_new(kind);
	*(uint64_t *)body = id;
	return begin(&engine->drafts, kind, id, body);
}

void draft_remove(struct engine *engine, enum msg_kind kind, uint64_t id)
{
	struct draft *draft = find(&engine->drafts, kind, id);
	if (draft) {
		msg_free(kind, draft->body);
		*draft = (struct draft){.kind = MSG_none};
	}
	model_remove(engine->model, kind, id);
}

/* Judging one may draft another (a source its service): the list may grow and move meanwhile. */
void drafts_commit(struct engine *engine)
{
	struct drafts *drafts = &engine->drafts;
	for (size_t i = 0; i < drafts->count; i++) {
		struct draft draft = drafts->list[i];
		drafts->list[i] = (struct draft){.kind = MSG_none};
		if (draft.body)
			judge_and_put(engine, draft.kind, draft.body);
	}
	drafts->count = 0;
}

void drafts_release(struct drafts *drafts)
{
	for (size_t i = 0; i < drafts->count; i++)
		if (drafts->list[i].body)
			msg_free(drafts->list[i].kind, drafts->list[i].body);
	free(drafts->list);
	*drafts = (struct drafts){0};
}

/* SPDX-License-Identifier: MIT */
#include "core/engine/last_view.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/client_last.h"
#include "core/engine/facts.h"
#include "core/engine/internal.h"
#include "core/model/model.h"
#include "core/store/ledger.h"

enum {
	FIRST_MS = 15000, /* after the start */
	EVERY_MS = 60000, /* and once more for each */
	EVERY_BOTS = 2000,
	SLICE = 64, /* entities of a turn */
};

struct last_view {
	struct str frames;        /* so far */
	uint64_t at_rev, end_rev; /* looked at up to, and as far as in slices */
	bool is_round;
	int64_t due_mono_ms;
};

struct last_view *last_view_new(const struct engine *engine)
{
	struct last_view *view = xcalloc(1, sizeof(*view));
	str_init(&view->frames);
	view->due_mono_ms = now_mono(engine) + FIRST_MS;
	return view;
}

void last_view_free(struct last_view *view)
{
	if (view)
		str_release(&view->frames);
	free(view);
}

/* What is remembered is in the file that is there, with its own time. */
static bool is_worth(const struct engine *engine)
{
	size_t bots;
	(void)model_bots(engine->model, &bots);
	return engine->ledger && facts_sums(engine->facts).recalled * 2 <= bots;
}

/* A secret may have become known since that came in. */
static void add(const struct engine *engine, struct str *frames, const struct entity *entity)
{
	struct msg_gone gone = {.kind = entity->kind, .id = entity->id};
	if (!entity->body) {
		msg_encode(MSG_gone, &gone, frames);
		return;
	}
	void *body = msg_copy(entity->kind, entity->body);
	msg_redact(entity->kind, body, engine->redactor, engine->redact_memo);
	msg_encode(entity->kind, body, frames);
	msg_free(entity->kind, body);
}

/* True: it is not through yet. What changed meanwhile stands once more behind it, and the later counts. */
static bool add_slice(const struct engine *engine, struct last_view *view, size_t most)
{
	const struct entity *entity = model_newer(engine->model, view->at_rev);
	for (size_t i = 0; entity && (i < most || view->at_rev >= view->end_rev); i++) {
		add(engine, &view->frames, entity);
		view->at_rev = entity->rev;
		entity = entity->newer;
	}
	return entity != NULL;
}

static void begin_round(const struct engine *engine, struct last_view *view)
{
	str_clear(&view->frames);
	view->at_rev = 0;
	view->end_rev = model_rev(engine->model);
	view->is_round = true;
}

static void end_round(struct engine *engine, struct last_view *view)
{
	struct msg_turn turn = {.number = 1, .wall_ms = now_wall(engine), .full = true};
	size_t bots;
	(void)model_bots(engine->model, &bots);
	msg_encode(MSG_turn, &turn, &view->frames);
	view->is_round = false;
	view->due_mono_ms = now_mono(engine) + EVERY_MS * (int64_t)(1 + bots / EVERY_BOTS);
	if (view->frames.length <= CLIENT_LAST_BYTES_MAX)
		(void)ledger_keep_file(engine->ledger, CLIENT_LAST_FILE, &view->frames);
	str_release(&view->frames); /* what was not taken; there may be megabytes of it */
}

bool last_view_turn(struct engine *engine)
{
	struct last_view *view = engine->last_view;
	if (!view || (!view->is_round && now_mono(engine) < view->due_mono_ms))
		return false;
	if (!is_worth(engine)) {
		view->is_round = false;
		view->due_mono_ms = now_mono(engine) + FIRST_MS;
		return false;
	}
	if (!view->is_round)
		begin_round(engine, view);
	if (add_slice(engine, view, SLICE))
		return true;
	end_round(engine, view);
	return false;
}

void last_view_keep(struct engine *engine)
{
	if (!engine->last_view || !is_worth(engine))
		return;
	begin_round(engine, engine->last_view);
	(void)add_slice(engine, engine->last_view, SIZE_MAX);
	end_round(engine, engine->last_view);
}

/* SPDX-License-Identifier: MIT */
#include "core/engine/last_view.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/client_last.h"
#include "core/engine/facts.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"
#include "core/model/model.h"
#include "core/store/ledger.h"

enum {
	FIRST_MS = 15000, /* after the start */
	EVERY_MS = 60000, /* and once more for each */
	EVERY_BOTS = 2000,
	SLICE = 64,        /* entities of a turn */
	LATER_SLICE = 256, /* of what changed since the round began: it must end, */
	LATER_MOST = 16,   /* and after so many of these the rest comes at once */
};

struct last_view {
	struct str frames;        /* so far */
	uint64_t at_rev, end_rev; /* looked at up to; the newest as the round began */
	unsigned later;           /* slices of what is newer */
	uint64_t redactor_changes;
	bool is_round;
	int64_t due_mono_ms;
	char error[256]; /* that was told */
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

/* What is remembered is in the file that is there, with its own time. After a minute what can be seen was seen. */
static bool is_worth(const struct engine *engine)
{
	size_t bots;
	(void)model_bots(engine->model, &bots);
	bool is_fresh = now_mono(engine) - engine->started_mono_ms < EVERY_MS;
	return engine->ledger && (!is_fresh || facts_sums(engine->facts).recalled * 2 <= bots);
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

static size_t size_of_slice(struct last_view *view)
{
	if (view->at_rev < view->end_rev)
		return SLICE;
	return view->later++ < LATER_MOST ? LATER_SLICE : SIZE_MAX;
}

/* True: it is not through yet. What changed meanwhile stands once more behind it, and the later counts. */
static bool add_slice(const struct engine *engine, struct last_view *view, size_t most)
{
	const struct entity *entity = model_newer(engine->model, view->at_rev);
	for (size_t i = 0; entity && i < most; i++) {
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
	view->later = 0;
	view->end_rev = model_rev(engine->model);
	view->redactor_changes = engine->redactor_changes;
	view->is_round = true;
}

/* Once, until it is another. */
static void tell_error(struct engine *engine, struct last_view *view)
{
	char error[sizeof(view->error)];
	ledger_file_error(engine->ledger, error, sizeof(error));
	if (error[0] && strcmp(error, view->error) != 0)
		journal_say(engine->book, LOG_LEVEL_WARN,
			"what is known is not kept for the next screen: %s", error);
	copy_text(view->error, sizeof(view->error), error);
}

static void end_round(struct engine *engine, struct last_view *view)
{
	struct msg_turn turn = {.number = 1, .wall_ms = now_wall(engine), .full = true};
	size_t bots;
	(void)model_bots(engine->model, &bots);
	msg_encode(MSG_turn, &turn, &view->frames);
	view->is_round = false;
	view->due_mono_ms = now_mono(engine) + EVERY_MS * (int64_t)(1 + bots / EVERY_BOTS);
	tell_error(engine, view);                                     /* of the last time */
	bool is_short = view->frames.length <= CLIENT_LAST_BYTES_MAX; /* a screen waits for it */
	bool is_taken UNUSED =
		is_short && ledger_keep_file(engine->ledger, CLIENT_LAST_FILE, &view->frames);
	str_release(&view->frames);
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
	/* What is in it already may show a secret that is known by now. */
	if (!view->is_round || view->redactor_changes != engine->redactor_changes)
		begin_round(engine, view);
	if (add_slice(engine, view, size_of_slice(view)))
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

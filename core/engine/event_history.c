/* SPDX-License-Identifier: MIT */
#include "core/engine/event_history.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/events/directory.h"
#include "core/events/history.h"
#include "core/engine/folder.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"

enum { LEAVE_MS = 3000, TAKE = 64 };

/* As with the recording: of a service, whose state directory is its own. */
static bool is_wanted(const struct engine *engine)
{
	return engine->lock && engine->options.listen && !engine->options.own &&
	       engine->settings->event_history_bytes > 0;
}

/* A trouble that begins is an event, too. */
static void note_error(struct engine *engine, const char *error)
{
	if (strcmp(engine->history_error, error) == 0)
		return;
	copy_text(engine->history_error, sizeof(engine->history_error), error);
	if (*error)
		journal_say(engine->book, LOG_LEVEL_WARN, "the history of logs: %s", error);
}

void event_history_begin(struct engine *engine)
{
	struct err err = {.code = ERR_NONE};
	if (!is_wanted(engine))
		return;
	autofree char *path = xasprintf("%s/history", engine->settings->state_dir);
	if (folder_make_private(path, &err) &&
		history_open(path, engine->settings->event_history_bytes, &engine->history, &err))
		event_directory_keep(engine->events, engine->history);
	else
		note_error(engine, err.text);
}

void event_history_show(struct engine *engine, struct msg_engine *entity)
{
	struct history_figures figures = {.bytes = 0};
	if (engine->history) {
		figures = history_figures(engine->history);
		note_error(engine, figures.error);
	}
	entity->history_bytes = figures.bytes;
	entity->history_limit_bytes = figures.budget_bytes;
	msg_set(&entity->history_error, engine->history_error);
}

/* What was begun last was told, and nobody listened any more. */
static void take_rest(struct engine *engine)
{
	struct parcel parcels[TAKE];
	for (size_t count; (count = mailbox_take(engine->mailbox, parcels, TAKE));)
		for (size_t i = 0; i < count; i++) {
			if (parcels[i].message.kind == MSG_obs_notes) {
				event_directory_add(engine->events, parcels[i].attachment);
				parcels[i].attachment = NULL;
			}
			parcel_release(&parcels[i]);
		}
}

void event_history_end(struct engine *engine)
{
	if (!engine->history)
		return;
	take_rest(engine);
	event_directory_cool(engine->events);
	history_close(engine->history, LEAVE_MS);
	event_directory_keep(engine->events, NULL);
}

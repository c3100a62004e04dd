/* SPDX-License-Identifier: MIT */
#include "core/engine/reload.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/events/directory.h"
#include "core/alert/alert.h"
#include "core/act/act.h"
#include "core/collect/collect.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"
#include "core/engine/judge.h"
#include "core/engine/roster.h"

/* An engine is its state directory: another one is another engine. */
static bool is_same_engine(const struct settings *old, const struct settings *new, struct err *err)
{
	if (strcmp(old->state_dir, new->state_dir) != 0 ||
		strcmp(old->socket_path, new->socket_path) != 0)
		return err_set(err, ERR_CONFLICT,
			"'%s' names another state directory: stop the engine and start it again",
			new->path);
	return true;
}

static void adopt(struct engine *engine, struct settings *settings)
{
	struct settings *old = engine->settings;
	engine->settings = settings;
	judge_configure(engine);
	roster_apply(engine);
	event_directory_set_budget(engine->events, settings->event_bytes);
	alerts_reload(engine->alerts, settings);
	act_reload(engine->act, settings);
	if (engine->collect)
		collect_reload(engine->collect, settings);
	settings_unref(old);
}

bool engine_reload(struct engine *engine, struct err *err)
{
	struct settings *settings = NULL;
	bool ok = settings_load(engine->settings->path, &settings, NULL, err);
	if (ok && !is_same_engine(engine->settings, settings, err)) {
		settings_unref(settings);
		ok = false;
	}
	if (ok)
		adopt(engine, settings);
	if (ok)
		journal_say(engine->book, LOG_LEVEL_INFO, "the configuration was read again");
	else
		journal_say(engine->book, LOG_LEVEL_WARN, "the configuration stays: %s", err->text);
	copy_text(engine->config_error, sizeof(engine->config_error), ok ? "" : err->text);
	return ok;
}

/* SPDX-License-Identifier: MIT */
#include "core/engine/leave.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/act/act.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"
#include "core/engine/lock.h"
#include "core/engine/server.h"

enum {
	GRACE_MS = 2000,         /* an own engine after its last client */
	ATTACH_GRACE_MS = 10000, /* an own engine that nobody attached to */
	YIELD_MS = 300,          /* so that its clients hear how what it waited for ended; */
	YIELD_MOST_MS = 5000,    /* so much more for those who are slow */
};

/* A screen that comes back in a moment finds its engine; who was started for one client does not
 * wait. */
static int64_t grace_ms(const struct engine *engine)
{
	if (!engine->was_attached)
		return ATTACH_GRACE_MS;
	return engine->options.listen ? GRACE_MS : 0;
}

static bool is_left_alone(struct engine *engine)
{
	int64_t now = now_mono(engine);
	if (!engine->options.own || server_clients(engine->server) || act_running(engine->act)) {
		engine->leave_mono_ms = 0;
		return false;
	}
	if (engine->leave_mono_ms == 0)
		engine->leave_mono_ms = now + grace_ms(engine);
	return now >= engine->leave_mono_ms;
}

/* "waits for restart 2 bots, backup database". */
static void name_running(const struct engine *engine, struct str *to)
{
	size_t count;
	const struct msg_operation *const *operations = model_operations(engine->model, &count);
	for (size_t i = 0; i < count; i++)
		if (!operations[i]->ended_ms)
			str_addf(
				to, "%s%s", to->length ? ", " : "waits for ", operations[i]->title);
}

static void tell(struct engine *engine)
{
	autostr struct str waits = STR_INIT;
	name_running(engine, &waits);
	if (strcmp(engine->leaving, waits.text) == 0)
		return;
	copy_text(engine->leaving, sizeof(engine->leaving), waits.text);
	journal_say(engine->book, LOG_LEVEL_INFO, "leaving: %s", waits.text);
	systemd_stopping(engine, engine->leaving);
}

/* Nothing runs (any more). */
static bool is_heard(struct engine *engine)
{
	int64_t now = now_mono(engine);
	if (!engine->yield_mono_ms)
		engine->yield_mono_ms = now + (engine->has_waited ? YIELD_MS : 0);
	if (now < engine->yield_mono_ms)
		return false;
	if (!engine->yield_rev)
		engine->yield_rev = model_rev(engine->model);
	return !engine->has_waited || now >= engine->yield_mono_ms + YIELD_MOST_MS ||
	       server_has_told(engine->server, engine->yield_rev);
}

static bool is_done_waiting(struct engine *engine, unsigned asked)
{
	if (asked > 1)
		return true;
	if (!act_running(engine->act))
		return is_heard(engine);
	engine->has_waited = true;
	if (!engine->stop_mono_ms) {
		engine->stop_mono_ms = now_mono(engine) + LEAVE_WAIT_MS;
		act_leave(engine->act);
	}
	tell(engine);
	return now_mono(engine) >= engine->stop_mono_ms;
}

const char *leave_to_service(struct engine *engine, const char *user)
{
	if (!engine->yields)
		journal_say(engine->book, LOG_LEVEL_INFO,
			"leaving: a service of %s takes the place of this engine", user);
	engine->yields = true;
	act_leave(engine->act);
	engine->has_waited |= act_running(engine->act) > 0;
	if (act_running(engine->act))
		tell(engine);
	return act_running(engine->act) ? engine->leaving : "";
}

static bool is_done_yielding(struct engine *engine)
{
	if (!act_running(engine->act))
		return is_heard(engine);
	engine->has_waited = true;
	engine->yield_mono_ms = 0;
	engine->yield_rev = 0;
	tell(engine);
	return false;
}

bool leave_displaced(struct engine *engine)
{
	if (engine->displaced[0] || !engine->lock || lock_is_held(engine->lock))
		return engine->displaced[0] != '\0';
	(void)print_text(engine->displaced, sizeof(engine->displaced),
		"somebody removed or replaced '%.150s': this engine ends, since another may have "
		"its "
		"place",
		lock_path(engine->lock));
	journal_say(engine->book, LOG_LEVEL_ERROR, "%s", engine->displaced);
	return true;
}

bool leave_now(struct engine *engine)
{
	if (engine->displaced[0])
		return true;
	unsigned asked = atomic_load(&engine->stop);
	if (asked)
		return is_done_waiting(engine, asked);
	return engine->yields ? is_done_yielding(engine) : is_left_alone(engine);
}

int64_t leave_due_ms(const struct engine *engine)
{
	if (engine->yield_mono_ms)
		return engine->yield_mono_ms + (engine->yield_rev ? YIELD_MOST_MS : 0);
	return engine->stop_mono_ms ? engine->stop_mono_ms : INT64_MAX;
}

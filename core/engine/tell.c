/* SPDX-License-Identifier: MIT */
#include "core/engine/tell.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/alert/notices.h"
#include "core/alert/teller.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"
#include "core/store/ledger.h"

enum stage { STAGE_IDLE, STAGE_MARKING, STAGE_RUNNING };
enum { HOST_MAX = 256, STUCK_MS = 10000 /* past its time, and it is still not over */ };

struct tell {
	struct notices *notices;
	struct teller *teller; /* NULL until there is something to tell */
	enum stage stage;
	struct notice now; /* that is marked or runs */
	uint64_t ticket;   /* of its mark */
	int64_t since_ms;  /* mono: in this stage */
	uint64_t told, failed;
	bool is_stuck;
	char error[256];
};

static const struct conf_on_alert *wish(const struct engine *engine)
{
	return &engine->settings->on_alert;
}

static bool is_wanted(const struct engine *engine)
{
	return engine->tell && wish(engine)->command.count;
}

static void forget(void *context, const char *key)
{
	struct engine *engine = context;
	if (engine->ledger && *key)
		(void)ledger_put(engine->ledger, key, "", 0);
}

/* ---- what an engine before this one told ---- */

static void recall(void *context, const char *key, const void *value, size_t length)
{
	struct engine *engine = context;
	if (is_wanted(engine))
		notices_recall(engine->tell->notices, value, length);
	else
		forget(engine, key);
}

struct tell *tell_new(struct engine *engine)
{
	char host[HOST_MAX] = "";
	if (!engine->lock)
		return NULL;
	struct tell *tell = xcalloc(1, sizeof(*tell));
	(void)gethostname(host, sizeof(host) - 1);
	tell->notices = notices_new(engine->clock, engine->model, engine->alerts, host);
	notices_on_forget(tell->notices, forget, engine);
	notices_configure(tell->notices, wish(engine), engine->settings->environment);
	engine->tell = tell;
	if (engine->ledger)
		ledger_each(engine->ledger, "told/", recall, engine);
	return tell;
}

void tell_free(struct tell *tell)
{
	if (!tell)
		return;
	teller_free(tell->teller);
	notices_free(tell->notices);
	notice_release(&tell->now);
	free(tell);
}

void tell_reload(struct engine *engine)
{
	struct tell *tell = engine->tell;
	if (!tell)
		return;
	notices_configure(tell->notices, wish(engine), engine->settings->environment);
	tell->error[0] = '\0'; /* what comes next may be well */
	if (!is_wanted(engine))
		notices_clear(tell->notices);
}

/* ---- one notice on its way ---- */

static void enter(struct engine *engine, enum stage stage)
{
	engine->tell->stage = stage;
	engine->tell->since_ms = now_mono(engine);
}

static void fail(struct engine *engine, const char *why)
{
	struct tell *tell = engine->tell;
	tell->failed++;
	copy_text(tell->error, sizeof(tell->error), why);
	journal_say(engine->book, LOG_LEVEL_ERROR, "on_alert was not told %s: %s", tell->now.about,
		why);
}

static void finish(struct engine *engine)
{
	notice_release(&engine->tell->now);
	engine->tell->is_stuck = false;
	enter(engine, STAGE_IDLE);
}

/* Nobody is to be told any more. */
static void give_up(struct engine *engine)
{
	forget(engine, engine->tell->now.key);
	finish(engine);
}

static void start(struct engine *engine)
{
	struct tell *tell = engine->tell;
	struct err err;
	if (!tell->teller)
		tell->teller = teller_new(engine->mailbox, &err);
	if (!tell->teller) {
		fail(engine, err.text);
		finish(engine);
		return;
	}
	teller_start(
		tell->teller, &wish(engine)->command, tell->now.line, wish(engine)->timeout_ms);
	enter(engine, STAGE_RUNNING);
}

/* A ledger that cannot write keeps nobody from being told; the next engine may tell it again then. */
static void mark(struct engine *engine)
{
	struct tell *tell = engine->tell;
	tell->ticket = 0;
	if (tell->now.key[0] && engine->ledger)
		tell->ticket = ledger_put(
			engine->ledger, tell->now.key, tell->now.mark, strlen(tell->now.mark));
	enter(engine, STAGE_MARKING);
}

void tell_ledger(struct engine *engine, const struct msg_obs_ledger *body)
{
	struct tell *tell = engine->tell;
	if (tell && tell->stage == STAGE_MARKING && tell->ticket == body->ticket)
		tell->ticket = 0;
}

static void hear(struct engine *engine)
{
	struct tell *tell = engine->tell;
	struct err err;
	if (!teller_take(tell->teller, &err)) {
		int64_t limit_ms = wish(engine)->timeout_ms + STUCK_MS;
		if (!tell->is_stuck && now_mono(engine) - tell->since_ms > limit_ms) {
			fail(engine, "its program can neither be started nor ended: the disk that "
				     "it is on does not answer");
			tell->is_stuck = true;
		}
		return;
	}
	if (err.code) {
		fail(engine, err.text);
	} else {
		tell->told++;
		tell->error[0] = '\0';
		journal_say(engine->book, LOG_LEVEL_INFO, "on_alert was told %s", tell->now.about);
	}
	finish(engine);
}

static bool is_marked(const struct engine *engine)
{
	const struct tell *tell = engine->tell;
	return !tell->ticket || now_mono(engine) - tell->since_ms >= TELL_MARK_MS;
}

void tell_turn(struct engine *engine)
{
	struct tell *tell = engine->tell;
	if (!tell)
		return;
	if (tell->stage == STAGE_RUNNING)
		hear(engine);
	if (tell->stage == STAGE_IDLE && is_wanted(engine) &&
		notices_next(tell->notices, &tell->now))
		mark(engine);
	if (tell->stage == STAGE_MARKING && is_marked(engine)) {
		if (is_wanted(engine))
			start(engine);
		else
			give_up(engine);
	}
}

void tell_beat(struct engine *engine)
{
	bool is_early = now_mono(engine) - engine->started_mono_ms < TELL_GRACE_MS;
	if (is_wanted(engine) && !is_early)
		notices_scan(engine->tell->notices);
}

void tell_show(const struct engine *engine, struct msg_engine *entity)
{
	const struct tell *tell = engine->tell;
	if (!tell)
		return;
	entity->told = tell->told;
	entity->told_failed = tell->failed;
	entity->told_dropped = notices_dropped(tell->notices);
	entity->tell_waiting = notices_waiting(tell->notices) + (tell->stage != STAGE_IDLE);
	msg_set(&entity->tell_error, tell->error);
}

/* SPDX-License-Identifier: MIT */
#include "core/engine/digest.h"

#include <stdio.h>
#include <string.h>

#include "core/events/directory.h"
#include "core/engine/internal.h"
#include "core/engine/recorder.h"
#include "core/engine/reload.h"
#include "core/engine/rules.h"
#include "core/engine/line.h"
#include "core/engine/seek.h"
#include "core/engine/windows.h"

/* clang-format off */
static const struct {
	enum msg_kind kind;
	digest_function *digest;
} table[] = {
#define DIGEST(name) {MSG_obs_##name, digest_##name},
#include "core/engine/digest.def"
};
/* clang-format on */

/* Chunks that came with a note go to the directory. */
static void take_notes(struct engine *engine, struct parcel *parcel)
{
	const struct msg_obs_notes *notes = parcel->message.body;
	engine->events_in_place += notes->in_place;
	if (engine->recorder)
		recorder_chunks(engine->recorder, parcel->attachment);
	if (parcel->attachment) {
		event_directory_add(engine->events, parcel->attachment);
		parcel->attachment = NULL;
		event_directory_trim(engine->events);
	}
	engine->event_changes++;
	digest_notes(engine, parcel->message.body);
}

static void take_seek(struct engine *engine, struct parcel *parcel)
{
	seek_deliver(engine, parcel);
}

static void take_line(struct engine *engine, struct parcel *parcel)
{
	line_deliver(engine, parcel);
}

/* Messages whose attachment matters. */
static const struct {
	enum msg_kind kind;
	void (*take)(struct engine *engine, struct parcel *parcel);
} carriers[] = {
	{MSG_obs_notes, take_notes},
	{MSG_win_rows, windows_deliver},
	{MSG_win_points, windows_deliver},
	{MSG_seek, take_seek},
	{MSG_line, take_line},
	{MSG_answer, reload_deliver},
	{MSG_obs_rules, rules_deliver},
};

static void digest_message(struct engine *engine, const struct msg_any *message)
{
	size_t at = 0;
	while (at < COUNT_OF(table) && table[at].kind != message->kind)
		at++;
	if (at < COUNT_OF(table))
		table[at].digest(engine, message->body);
	else
		engine->strangers++;
}

/* Figures by the thousand, of which each is recorded as a value: to look at every name again would take longer than a
 * turn. Their texts were made harmless when their series were. */
static bool is_bulk(enum msg_kind kind)
{
	return kind == MSG_obs_scrape || kind == MSG_obs_botapi;
}

void digest_parcel(struct engine *engine, struct parcel *parcel)
{
	enum msg_kind kind = parcel->message.kind;
	bool is_told = msg_is_observation(kind) && !is_bulk(kind);
	size_t at = 0;
	msg_complete(kind, parcel->message.body);
	/* Workers redact what they tell. Whatever one missed goes no further: what is clipped later is known no more. */
	if (is_told)
		msg_redact(kind, parcel->message.body, engine->redactor, engine->redact_memo);
	if (engine->recorder && is_told)
		recorder_message(engine->recorder, kind, parcel->message.body);
	while (at < COUNT_OF(carriers) && carriers[at].kind != kind)
		at++;
	if (at < COUNT_OF(carriers))
		carriers[at].take(engine, parcel);
	else
		digest_message(engine, &parcel->message);
	parcel_release(parcel);
}

struct msg_bot *digest_bot(struct engine *engine, const char *name, struct bot_facts **ret_facts)
{
	uint64_t id = entity_id("bot", name);
	struct bot_facts *facts = facts_find(engine->facts, id);
	if (!facts) {
		engine->strangers++;
		return NULL;
	}
	*ret_facts = facts;
	return draft_edit(engine, MSG_bot, id);
}

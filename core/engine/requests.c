/* SPDX-License-Identifier: MIT */
#include "core/engine/requests.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/collect/collect.h"
#include "core/engine/internal.h"
#include "core/engine/leave.h"
#include "core/engine/line.h"
#include "core/engine/peer.h"
#include "core/engine/recorder.h"
#include "core/engine/reload.h"
#include "core/engine/seek.h"
#include "core/engine/server.h"
#include "core/engine/windows.h"

enum {
	HAS_REQ = 1 << 0, /* its first field is the request's id */
	CHANGES = 1 << 1, /* not for clients of other users */
	LATER = 1 << 2,   /* remembers its answer itself, when it comes */
};

static void answer(struct peer *peer, uint64_t req, enum err_code code, const char *text)
{
	autofree char *copy = xstrdup(text);
	struct msg_answer reply = {.req = req, .code = code, .text = copy};
	peer_send(peer, MSG_answer, &reply);
}

void requests_answered(struct engine *engine, struct peer *peer, uint64_t req, uint64_t code)
{
	struct msg_any asked;
	if (!peer_asked(peer, req, &asked))
		return;
	if (engine->recorder && code == ERR_NONE)
		recorder_message(engine->recorder, asked.kind, asked.body);
	msg_any_release(&asked);
}

/* In the kind of answer that the asker waits for. */
static void refuse(const struct engine *engine, struct peer *peer, enum msg_kind kind, uint64_t req)
{
	static char others[] = "the engine belongs to another user: you may look, not act";
	static char past[] = "this is a recording: nothing can be changed in it";
	char *why = engine->replay ? past : others;
	struct msg_plan plan = {.req = req, .code = ERR_REFUSED, .error = why};
	struct msg_accepted accepted = {.req = req, .code = ERR_REFUSED, .error = why};
	if (kind == MSG_plan_req)
		peer_send(peer, MSG_plan, &plan);
	else if (kind == MSG_run_req)
		peer_send(peer, MSG_accepted, &accepted);
	else
		answer(peer, req, ERR_REFUSED, why);
}

static void focus(struct engine *engine, struct peer *peer, const void *body)
{
	const struct msg_focus_req *request = body;
	const struct msg_bot *bot = model_bot(engine->model, request->bot);
	(void)peer;
	if (engine->collect)
		collect_focus(engine->collect, bot ? bot->name : "");
}

/* Where it stands; again when something is to be said that was not known then. */
static void tell_past(struct engine *engine, struct peer *peer, uint64_t req)
{
	autofree char *note = xstrdup(replay_note(engine->replay));
	struct msg_past reply = {.req = req,
		.now_ms = replay_now_ms(engine->replay),
		.from_ms = replay_from_ms(engine->replay),
		.to_ms = replay_to_ms(engine->replay),
		.speed = replay_speed(engine->replay),
		.note = note};
	peer_send(peer, MSG_past, &reply);
	peer->past_req = req;
	peer->past_notes = replay_notes(engine->replay);
}

static void move_past(struct engine *engine, struct peer *peer, const void *body)
{
	const struct msg_past_req *request = body;
	if (!engine->replay) {
		answer(peer, request->req, ERR_INVALID,
			"this engine shows what is now: it replays nothing");
		return;
	}
	replay_move(engine->replay, request->time_ms, request->speed);
	engine->event_changes++;
	tell_past(engine, peer, request->req);
}

void requests_tell_notes(struct engine *engine)
{
	struct peer *peer;
	for (size_t i = 0; (peer = server_peer_at(engine->server, i)); i++)
		if (peer->past_req && peer->past_notes != replay_notes(engine->replay))
			tell_past(engine, peer, peer->past_req);
}

static void yield(struct engine *engine, struct peer *peer, const void *body)
{
	const struct msg_yield_req *request = body;
	if (engine->options.own)
		answer(peer, request->req, ERR_NONE, leave_to_service(engine, peer->who.name));
	else
		answer(peer, request->req, ERR_REFUSED,
			"no screen started it: it gives way to nobody");
}

/* clang-format off */
static const struct {
	enum msg_kind kind;
	request_function *handle;
	unsigned flags;
} table[] = {
	{MSG_plan_req,   request_plan,   HAS_REQ | CHANGES},
	{MSG_run_req,    request_run,    HAS_REQ | CHANGES},
	{MSG_cancel_req, request_cancel, HAS_REQ | CHANGES},
	{MSG_arm_req,    request_arm,    HAS_REQ | CHANGES},
	{MSG_reload_req, reload_request, HAS_REQ | CHANGES | LATER},
	{MSG_focus_req,  focus,          0},
	{MSG_win_open,   windows_open,   0},
	{MSG_win_close,  windows_close,  0},
	{MSG_seek_req,   seek_request,   HAS_REQ | LATER},
	{MSG_seek_stop,  seek_stop,      0},
	{MSG_line_req,   line_request,   HAS_REQ | LATER},
	{MSG_past_req,   move_past,      HAS_REQ},
	{MSG_yield_req,  yield,          HAS_REQ | CHANGES},
};
/* clang-format on */

static void handle(struct engine *engine, struct peer *peer, size_t row, const void *body)
{
	uint64_t req = table[row].flags & HAS_REQ ? *(const uint64_t *)body : 0;
	size_t from = peer->out.length;
	if (req && peer_repeat(peer, req))
		return;
	if (req)
		peer_expect(peer, req);
	bool refused = (table[row].flags & CHANGES) && (engine->replay || !peer->may_act);
	if (engine->recorder && (table[row].flags & CHANGES) && !refused)
		peer_keep(peer, req, table[row].kind, body);
	if (refused)
		refuse(engine, peer, table[row].kind, req);
	else
		table[row].handle(engine, peer, body);
	if (req && peer->out.length > from && (refused || !(table[row].flags & LATER)))
		peer_remember(peer, req, from);
}

/* What changes something is answered with, told to others and written down in its own words. */
void requests_handle(struct engine *engine, struct peer *peer, const struct msg_any *message)
{
	for (size_t row = 0; row < COUNT_OF(table); row++) {
		if (table[row].kind != message->kind)
			continue;
		if (table[row].flags & CHANGES)
			msg_sanitize(message->kind, message->body);
		handle(engine, peer, row, message->body);
		return;
	}
	const struct msg_info *info = msg_info(message->kind);
	autofree char *why = xasprintf("it sent '%s', which is no request", info ? info->name : "");
	peer_drop(peer, why);
}

void requests_forget(struct engine *engine, struct peer *peer)
{
	(void)engine;
	seek_forget(peer);
	line_forget(peer);
	windows_release(peer);
}

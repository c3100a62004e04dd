/* SPDX-License-Identifier: MIT */
/*
 * What a greeted client may ask: one row a kind in the table of requests.c, with the handler and
 * whether the request changes something (then a client of another user is refused). Requests that
 * carry an id are answered once; a repeat gets the same bytes again and nothing is redone; while the
 * answer is still to come, that one answers both. A kind that is no request drops the client. Engine
 * thread.
 */
#ifndef BOTSWAIN_ENGINE_REQUESTS_H
#define BOTSWAIN_ENGINE_REQUESTS_H

#include "core/msg/msg.h"

struct engine;
struct peer;

void requests_handle(struct engine *engine, struct peer *peer, const struct msg_any *message);
/* For act_on_accepted(): a run was made durable, or could not be. `context` is the engine. */
void requests_accepted(void *context, uint64_t client, const struct msg_accepted *accepted);
/* A request that changes something was answered: what was granted is recorded. */
void requests_answered(struct engine *engine, struct peer *peer, uint64_t req, uint64_t code);
/* Of a replay, once a turn: who moved it hears of what came out since. */
void requests_tell_notes(struct engine *engine);
/* A client leaves: its windows close. */
void requests_forget(struct engine *engine, struct peer *peer);

typedef void request_function(struct engine *engine, struct peer *peer, const void *body);
request_function request_plan, request_run, request_cancel, request_arm;

#endif

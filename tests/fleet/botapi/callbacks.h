/* SPDX-License-Identifier: MIT */
/* Presses of inline buttons: each may be answered once, within 150 s. One thread. */
#ifndef BOTSWAIN_BOTAPI_CALLBACKS_H
#define BOTSWAIN_BOTAPI_CALLBACKS_H

#include <jansson.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct bot;

enum { CALLBACKS_KEPT = 64, CALLBACK_ANSWER_MS = 150 * 1000 };

struct callback {
	int64_t id, expires_ms; /* monotonic */
	json_t *answer; /* what the user saw: {"text","show_alert"...}; NULL: not answered yet */
};

/*
 * A user presses the button of a message that carries `data` (NULL: its first button). Queues a callback_query and
 * returns its id as a string, which the caller owns; NULL when there is no such message or button.
 */
json_t *callback_press(struct bot *bot, int64_t chat, int64_t message, int64_t user,
	const char *data, struct err *err) MUST_CHECK;
/* What users saw, oldest first: {"id","text",...}; a press without an answer has no "text". */
json_t *callbacks_json(const struct bot *bot);
void callbacks_release(struct bot *bot);

#endif

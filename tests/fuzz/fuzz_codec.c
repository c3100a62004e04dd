/* SPDX-License-Identifier: MIT */
/* Frames as they come over a socket or stand in a file: each is read within its bounds or refused, and what was read
 * leads to the same bytes, the same text form and whole JSON. */
#include <jansson.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/event_key.h"
#include "core/msg/msg.h"
#include "tests/fuzz/fuzz.h"

static void require_same_frame(const struct msg_any *message)
{
	autostr struct str frame = STR_INIT;
	struct msg_any again;
	struct err err = {.code = ERR_NONE};
	size_t used;
	msg_encode(message->kind, message->body, &frame);
	FUZZ_REQUIRE(msg_decode(frame.text, frame.length, SIZE_MAX, &again, &used, &err));
	FUZZ_REQUIRE(used == frame.length && again.kind == message->kind);
	FUZZ_REQUIRE(msg_equal(message->kind, message->body, again.body, false));
	msg_any_release(&again);
}

static void require_same_text(const struct msg_any *message)
{
	autostr struct str text = STR_INIT, other = STR_INIT;
	struct msg_any again;
	struct err err = {.code = ERR_NONE};
	msg_dump(message->kind, message->body, &text);
	FUZZ_REQUIRE(msg_parse(text.text, &again, &err));
	msg_dump(again.kind, again.body, &other);
	FUZZ_REQUIRE(strcmp(text.text, other.text) == 0);
	msg_any_release(&again);
}

/* An identity may be past 2^63, which jansson refuses in plain words. */
static void require_json(const struct msg_any *message)
{
	autostr struct str text = STR_INIT;
	json_error_t why;
	msg_json(message->kind, message->body, &text);
	json_t *json = json_loadb(text.text, text.length, 0, &why);
	FUZZ_REQUIRE(json || strstr(why.text, "too big integer"));
	json_decref(json);
}

static void require_whole(const struct msg_any *message)
{
	void *copy = msg_copy(message->kind, message->body);
	FUZZ_REQUIRE(msg_equal(message->kind, message->body, copy, false));
	msg_free(message->kind, copy);
	require_same_frame(message);
	require_same_text(message);
	require_json(message);
}

/* A line of the text form, as scripts and tests write it. */
static void read_line(const char *data, size_t size)
{
	autofree char *line = xstrndup(data, size);
	struct msg_any message;
	struct event_key key;
	struct err err = {.code = ERR_NONE};
	if (msg_parse(line, &message, &err)) {
		require_whole(&message);
		msg_any_release(&message);
	}
	if (event_key_read(line, &key, &err)) {
		struct event_key again;
		FUZZ_REQUIRE(event_key_read(event_key_print(key).text, &again, &err));
		FUZZ_REQUIRE(event_key_compare(key, again) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct msg_any message;
	struct err err = {.code = ERR_NONE};
	size_t used;
	for (size_t at = 0; at < size; at += used) {
		if (!msg_decode(
			    data + at, size - at, MSG_FRAME_MAX_UNKNOWN, &message, &used, &err)) {
			FUZZ_REQUIRE(err.text[0]);
			break;
		}
		FUZZ_REQUIRE(used <= size - at);
		if (!used)
			break;
		if (message.kind == MSG_none)
			continue;
		require_whole(&message);
		msg_any_release(&message);
	}
	read_line((const char *)data, size);
	return 0;
}

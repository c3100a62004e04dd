/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/callbacks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/messages.h"
#include "tests/fleet/botapi/people.h"
#include "tests/fleet/botapi/texts.h"
#include "tests/fleet/botapi/updates.h"

enum { ANSWER_MAX_UNITS = 200 };

static bool has_data(const json_t *button, const char *data)
{
	const char *own = json_string_value(json_object_get(button, "callback_data"));
	return own && (!data || strcmp(own, data) == 0);
}

/* The data of the button, which belongs to the message; NULL: there is no such button. */
static json_t *find_data(const json_t *message, const char *data)
{
	json_t *markup = json_object_get(message, "reply_markup"), *row, *button;
	size_t i, j;
	json_array_foreach(json_object_get(markup, "inline_keyboard"), i, row) json_array_foreach(
		row, j, button) if (has_data(button, data)) return json_object_get(button,
		"callback_data");
	return NULL;
}

static struct callback *new_callback(struct bot *bot, int64_t user)
{
	if (!bot->callbacks)
		bot->callbacks = xcalloc(CALLBACKS_KEPT, sizeof(*bot->callbacks));
	uint64_t number = bot->callback_count++;
	struct callback *callback = &bot->callbacks[number % CALLBACKS_KEPT];
	json_decref(callback->answer);
	int64_t high = user & INT32_MAX;
	*callback = (struct callback){.id = high << 32 | (int64_t)(number + 1),
		.expires_ms = loop_now_ms() + CALLBACK_ANSWER_MS};
	return callback;
}

json_t *callback_press(struct bot *bot, int64_t chat, int64_t message_id, int64_t user,
	const char *data, struct err *err)
{
	json_t *message = message_load(bot, chat, message_id, NULL);
	json_t *pressed = find_data(message, data);
	if (!pressed) {
		json_decref(message);
		err_set(err, ERR_NOT_FOUND,
			"no button '%s' on message %" PRId64 " of chat %" PRId64, data ? data : "",
			message_id, chat);
		return NULL;
	}
	const struct callback *callback = new_callback(bot, user);
	autofree char *id = xasprintf("%" PRId64, callback->id);
	autofree char *instance = xasprintf("%" PRIu64, (uint64_t)bot->id ^ (uint64_t)chat << 16);
	json_t *query = json_pack("{s:s,s:o,s:O,s:s,s:O}", "id", id, "from", person_json(user),
		"message", message, "chat_instance", instance, "data", pressed);
	json_decref(message);
	bot_enqueue(bot, KIND_callback_query, query);
	updates_arrived(bot);
	return json_string(id);
}

static struct callback *find_callback(const struct bot *bot, int64_t id)
{
	for (size_t i = 0; bot->callbacks && i < CALLBACKS_KEPT; i++)
		if (id && bot->callbacks[i].id == id)
			return &bot->callbacks[i];
	return NULL;
}

static void answer_callback_query(struct bot *bot, struct request *request, json_t *args)
{
	struct callback *callback = find_callback(bot, arg_number(args, "callback_query_id", 0));
	const char *text = arg_text(args, "text"), *url = arg_text(args, "url");
	if (!callback || callback->answer || loop_now_ms() >= callback->expires_ms) {
		api_fail(request, 400, 0,
			"Bad Request: query is too old and response timeout expired or query ID is "
			"invalid");
		return;
	}
	if (text && utf16_units(text) > ANSWER_MAX_UNITS) {
		api_fail(request, 400, 0, "Bad Request: MESSAGE_TOO_LONG");
		return;
	}
	callback->answer = json_pack("{s:s,s:b,s:I}", "text", text ? text : "", "show_alert",
		arg_flag(args, "show_alert"), "cache_time",
		(json_int_t)arg_number(args, "cache_time", 0));
	if (url)
		json_object_set_new(callback->answer, "url", json_string(url));
	api_ok(request, json_true());
}

const struct api_method method_answerCallbackQuery = {
	.name = "answerCallbackQuery", .call = answer_callback_query};

json_t *callbacks_json(const struct bot *bot)
{
	json_t *list = json_array();
	for (uint64_t i = 0; bot->callbacks && i < CALLBACKS_KEPT; i++) {
		const struct callback *callback =
			&bot->callbacks[(bot->callback_count + i) % CALLBACKS_KEPT];
		if (!callback->id)
			continue;
		autofree char *id = xasprintf("%" PRId64, callback->id);
		json_t *item = json_pack("{s:s}", "id", id);
		if (callback->answer)
			json_object_update(item, callback->answer);
		json_array_append_new(list, item);
	}
	return list;
}

void callbacks_release(struct bot *bot)
{
	for (size_t i = 0; bot->callbacks && i < CALLBACKS_KEPT; i++)
		json_decref(bot->callbacks[i].answer);
	free(bot->callbacks);
	bot->callbacks = NULL;
}

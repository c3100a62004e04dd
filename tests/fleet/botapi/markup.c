/* SPDX-License-Identifier: MIT */
/* reply_markup: inline keyboards as they come back in a Message, other keyboards looked at and let go. */
#include <string.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/texts.h"

enum { DATA_MAX_BYTES = 64, MARKUP_MAX_BYTES = 10240 };

/* Exactly one of them makes a button what it is. */
static const char *const actions[] = {"callback_data", "url", "login_url", "web_app",
	"switch_inline_query", "switch_inline_query_current_chat",
	"switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay"};
static const char *const looks[] = {"text", "style", "icon_custom_emoji_id"};

static void copy_member(const json_t *from, json_t *to, const char *name)
{
	json_t *value = json_object_get(from, name);
	if (value)
		json_object_set(to, name, value);
}

static bool check_button(const json_t *button, struct refusal *why)
{
	static const char prefix[] = "Bad Request: can't parse inline keyboard button";
	const json_t *data = json_object_get(button, "callback_data");
	if (!json_is_object(button))
		return refuse(why, 400, "%s: InlineKeyboardButton must be an Object", prefix);
	if (!json_is_string(json_object_get(button, "text")))
		return refuse(why, 400, "%s: Can't find field \"text\"", prefix);
	if (data && (!json_string_length(data) || json_string_length(data) > DATA_MAX_BYTES))
		return refuse(why, 400, "Bad Request: BUTTON_DATA_INVALID");
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		if (json_object_get(button, actions[i]))
			return true;
	return refuse(why, 400, "%s: Text buttons are unallowed in the inline keyboard", prefix);
}

static bool read_row(const json_t *row, json_t *rows, struct refusal *why)
{
	json_t *button, *to = json_array();
	size_t i;
	bool good = json_is_array(row) ||
		    refuse(why, 400,
			    "Bad Request: field \"inline_keyboard\" must be an Array of Arrays");
	json_array_foreach(row, i, button)
	{
		good = good && check_button(button, why);
		json_t *copy = json_object();
		for (size_t k = 0; k < COUNT_OF(looks); k++)
			copy_member(button, copy, looks[k]);
		for (size_t k = 0; k < COUNT_OF(actions); k++)
			copy_member(button, copy, actions[k]);
		json_array_append_new(to, copy);
	}
	if (json_array_size(to))
		json_array_append(rows, to);
	json_decref(to);
	return good;
}

static bool read_keyboard(const json_t *keyboard, json_t **ret_markup, struct refusal *why)
{
	json_t *row, *rows = json_array();
	size_t i;
	bool good =
		json_is_array(keyboard) ||
		refuse(why, 400, "Bad Request: field \"inline_keyboard\" must be of type Array");
	json_array_foreach(keyboard, i, row) good = good && read_row(row, rows, why);
	if (good && json_array_size(rows))
		*ret_markup = json_pack("{s:O}", "inline_keyboard", rows);
	json_decref(rows);
	return good;
}

static bool read_object(const json_t *markup, json_t **ret_markup, struct refusal *why)
{
	const json_t *keyboard = json_object_get(markup, "keyboard");
	if (!json_is_object(markup))
		return refuse(why, 400, "Bad Request: object expected as reply markup");
	if (json_object_get(markup, "inline_keyboard"))
		return read_keyboard(json_object_get(markup, "inline_keyboard"), ret_markup, why);
	return !keyboard || json_is_array(keyboard) ||
	       refuse(why, 400, "Bad Request: field \"keyboard\" must be of type Array");
}

bool markup_read(const json_t *args, json_t **ret_markup, struct refusal *why)
{
	const char *text = arg_text(args, "reply_markup");
	json_t *markup;
	*ret_markup = NULL;
	if (text && strlen(text) > MARKUP_MAX_BYTES)
		return refuse(why, 400, "Bad Request: reply markup is too long");
	if (!arg_json(args, "reply_markup", &markup))
		return refuse(
			why, 400, "Bad Request: can't parse reply keyboard markup JSON object");
	bool good = !markup || json_is_null(markup) || read_object(markup, ret_markup, why);
	json_decref(markup);
	return good;
}

/* SPDX-License-Identifier: MIT */
/* What a bot says about itself: its commands by scope and language, its name and its descriptions. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/texts.h"

enum { COMMANDS_MAX = 100, COMMAND_MAX = 32, DESCRIPTION_MAX = 256 };

static json_t *profile_of(struct bot *bot)
{
	if (!bot->profile)
		bot->profile = json_object();
	return bot->profile;
}

static const struct {
	const char *type;
	bool chat, user;
} scopes[] = {
	{"default", false, false},
	{"all_private_chats", false, false},
	{"all_group_chats", false, false},
	{"all_chat_administrators", false, false},
	{"chat", true, false},
	{"chat_administrators", true, false},
	{"chat_member", true, true},
};

static bool is_language(const char *code)
{
	return !*code || (strlen(code) == 2 && islower((unsigned char)code[0]) &&
				 islower((unsigned char)code[1]));
}

/* Adds the chat (and the user) of a scope to the key under which its commands are kept. */
static bool add_target(
	const struct bot *bot, size_t kind, json_t *scope, struct str *key, struct refusal *why)
{
	json_t *id = json_object_get(scope, "chat_id");
	autofree char *text = json_is_string(id)
				      ? xstrdup(json_string_value(id))
				      : xasprintf("%lld", (long long)json_integer_value(id));
	json_t *args = json_pack("{s:s}", "chat_id", id ? text : "");
	const struct chat *chat =
		scopes[kind].chat ? chat_of_args(bot, args, "chat_id", why) : NULL;
	json_decref(args);
	if (scopes[kind].chat && !chat)
		return false;
	if (chat)
		str_addf(key, " %lld", (long long)chat->id);
	int64_t user = json_integer_value(json_object_get(scope, "user_id"));
	if (scopes[kind].user && user <= 0)
		return refuse(why, 400, "Bad Request: invalid user_id specified");
	if (scopes[kind].user)
		str_addf(key, " %lld", (long long)user);
	return true;
}

static bool add_scope(const struct bot *bot, json_t *scope, struct str *key, struct refusal *why)
{
	const char *type = scope ? json_string_value(json_object_get(scope, "type")) : "default";
	for (size_t i = 0; type && i < COUNT_OF(scopes); i++)
		if (strcmp(scopes[i].type, type) == 0) {
			str_adds(key, type);
			return add_target(bot, i, scope, key, why);
		}
	return refuse(why, 400, "Bad Request: can't parse BotCommandScope: %s",
		type ? "Unsupported type specified" : "Can't find field \"type\"");
}

/* The key of the commands that `scope` and `language_code` choose. */
static bool read_scope(
	const struct bot *bot, const json_t *args, struct str *key, struct refusal *why)
{
	const char *language = arg_text(args, "language_code");
	json_t *scope;
	if (!arg_json(args, "scope", &scope))
		return refuse(why, 400, "Bad Request: can't parse BotCommandScope JSON object");
	str_adds(key, "commands ");
	bool good = add_scope(bot, scope, key, why);
	json_decref(scope);
	if (good && language && !is_language(language))
		good = refuse(why, 400, "Bad Request: invalid language code specified");
	str_addf(key, " %s", language ? language : "");
	return good;
}

static bool is_command(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
	return length && !name[length] && length <= COMMAND_MAX;
}

static bool read_command(const json_t *from, json_t *commands, struct refusal *why)
{
	const char *name = json_string_value(json_object_get(from, "command"));
	const char *description = json_string_value(json_object_get(from, "description"));
	if (!name || !description)
		return refuse(why, 400,
			"Bad Request: can't parse BotCommand: Can't find field \"%s\"",
			name ? "description" : "command");
	name += *name == '/';
	if (!is_command(name))
		return refuse(why, 400, "Bad Request: BOT_COMMAND_INVALID");
	if (!*description || utf16_units(description) > DESCRIPTION_MAX)
		return refuse(why, 400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID");
	json_array_append_new(
		commands, json_pack("{s:s,s:s}", "command", name, "description", description));
	return true;
}

static bool read_commands(const json_t *args, json_t *commands, struct refusal *why)
{
	json_t *list, *item;
	size_t i;
	bool good = arg_json(args, "commands", &list) && json_is_array(list);
	if (!good)
		(void)refuse(why, 400, "Bad Request: can't parse commands JSON object");
	else if (json_array_size(list) > COMMANDS_MAX)
		good = refuse(why, 400, "Bad Request: BOT_COMMANDS_TOO_MUCH");
	json_array_foreach(list, i, item) good = good && read_command(item, commands, why);
	json_decref(list);
	return good;
}

static void set_my_commands(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	autostr struct str key = STR_INIT;
	json_t *commands = json_array();
	if (read_commands(args, commands, &why) && read_scope(bot, args, &key, &why)) {
		json_object_set(profile_of(bot), key.text, commands);
		api_ok(request, json_true());
	} else {
		api_refuse(request, &why);
	}
	json_decref(commands);
}

const struct api_method method_setMyCommands = {.name = "setMyCommands", .call = set_my_commands};

static void get_my_commands(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	autostr struct str key = STR_INIT;
	if (!read_scope(bot, args, &key, &why)) {
		api_refuse(request, &why);
		return;
	}
	json_t *commands = json_object_get(bot->profile, key.text);
	api_ok(request, commands ? json_incref(commands) : json_array());
}

const struct api_method method_getMyCommands = {.name = "getMyCommands", .call = get_my_commands};

static void delete_my_commands(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	autostr struct str key = STR_INIT;
	if (!read_scope(bot, args, &key, &why)) {
		api_refuse(request, &why);
		return;
	}
	json_object_del(bot->profile, key.text);
	api_ok(request, json_true());
}

const struct api_method method_deleteMyCommands = {
	.name = "deleteMyCommands", .call = delete_my_commands};

/* A text about the bot, one for each language. */
struct about {
	const char *field;
	size_t max_units;
	const char *too_long;
};

static const struct about name = {"name", 64, "Bad Request: bot name is too long"};
static const struct about description = {
	"description", 512, "Bad Request: bot description is too long"};
static const struct about short_description = {
	"short_description", 120, "Bad Request: bot short description is too long"};

static char *about_key(const struct about *about, const json_t *args)
{
	const char *language = arg_text(args, "language_code");
	return xasprintf("%s %s", about->field, language ? language : "");
}

static void set_about(
	struct bot *bot, struct request *request, const json_t *args, const struct about *about)
{
	const char *text = arg_text(args, about->field);
	autofree char *key = about_key(about, args);
	if (text && utf16_units(text) > about->max_units) {
		api_fail(request, 400, 0, about->too_long);
		return;
	}
	json_object_del(bot->profile, key);
	if (text && *text)
		json_object_set_new(profile_of(bot), key, json_string(text));
	api_ok(request, json_true());
}

static void get_about(struct bot *bot, struct request *request, const json_t *args,
	const struct about *about, const char *missing)
{
	autofree char *key = about_key(about, args);
	const char *text = json_string_value(json_object_get(bot->profile, key));
	api_ok(request, json_pack("{s:s}", about->field, text ? text : missing));
}

/* clang-format off */
#define ABOUT(method, about, missing) \
	static void set_##about(struct bot *bot, struct request *request, json_t *args) \
	{ set_about(bot, request, args, &about); } \
	static void get_##about(struct bot *bot, struct request *request, json_t *args) \
	{ get_about(bot, request, args, &about, missing); } \
	const struct api_method method_setMy##method = {.name = "setMy" #method, .call = set_##about}; \
	const struct api_method method_getMy##method = {.name = "getMy" #method, .call = get_##about};
/* clang-format on */

ABOUT(Name, name, bot->first_name)
ABOUT(Description, description, "")
ABOUT(ShortDescription, short_description, "")

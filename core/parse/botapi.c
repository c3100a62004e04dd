/* SPDX-License-Identifier: MIT */
#include "core/parse/botapi.h"

#include <jansson.h>
#include <string.h>

#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/parse/botapi_plain.h"

enum { EXCERPT_BYTES = 200 };

static void release_json(json_t **json)
{
	json_decref(*json);
}

#define autojson CLEANUP(release_json)

bool botapi_invalid(const char *body, size_t length, size_t at, const char *what, struct err *err)
{
	autostr struct str excerpt = STR_INIT;
	sanitize_clip(&excerpt, body, utf8_cut(body, length, EXCERPT_BYTES), EXCERPT_BYTES);
	return err_set(err, ERR_PROTOCOL, "invalid answer (byte %zu): %s: '%.*s'", at, what,
		(int)utf8_cut(excerpt.text, excerpt.length, EXCERPT_BYTES), excerpt.text);
}

/* Copies a text member, cut between characters; "" when it is absent or no text. */
static void copy_member(const json_t *object, const char *key, char *to, size_t size)
{
	const json_t *member = json_object_get(object, key);
	const char *text = json_is_string(member) ? json_string_value(member) : "";
	size_t kept = utf8_cut(text, strlen(text), size - 1);
	memcpy(to, text, kept);
	to[kept] = '\0';
}

static int64_t integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool truth(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static int64_t not_negative(int64_t value)
{
	return value < 0 ? 0 : value;
}

static void read_error(const json_t *root, struct botapi_reply *reply)
{
	const json_t *parameters = json_object_get(root, "parameters");
	int64_t code = integer(root, "error_code");
	int64_t wait_s = not_negative(integer(parameters, "retry_after"));
	reply->error_code = code > 0 && code < 1000 ? (int)code : 0;
	reply->retry_after_s = wait_s < LIMIT_RETRY_AFTER_S ? wait_s : LIMIT_RETRY_AFTER_S;
	reply->migrate_to_chat_id = integer(parameters, "migrate_to_chat_id");
}

/* The parsed document with its envelope read; NULL when it is none. The caller releases it. */
static json_t *open_reply(
	const char *body, size_t length, struct botapi_reply *ret_reply, struct err *err)
{
	json_error_t where;
	if (length > LIMIT_HTTP_BODY_BYTES) {
		err_set(err, ERR_LIMIT, "answer of %zu bytes is larger than %d", length,
			LIMIT_HTTP_BODY_BYTES);
		return NULL;
	}
	json_t *root = json_loadb(body, length, JSON_ALLOW_NUL, &where);
	if (!root) {
		botapi_invalid(body, length, where.position > 0 ? (size_t)where.position : 0,
			"no JSON", err);
		return NULL;
	}
	const json_t *ok = json_object_get(root, "ok");
	if (!json_is_boolean(ok)) {
		botapi_invalid(body, length, 0, "no 'ok' in it", err);
		json_decref(root);
		return NULL;
	}
	struct botapi_reply reply = {.ok = json_is_true(ok)};
	copy_member(root, "description", reply.description, sizeof(reply.description));
	if (!reply.ok)
		read_error(root, &reply);
	*ret_reply = reply;
	return root;
}

bool botapi_read_reply(
	const char *body, size_t length, struct botapi_reply *ret_reply, struct err *err)
{
	autojson json_t *root = open_reply(body, length, ret_reply, err);
	return root != NULL;
}

bool botapi_read_me(const char *body, size_t length, struct botapi_reply *ret_reply,
	struct botapi_me *ret_me, struct err *err)
{
	struct botapi_reply reply;
	autojson json_t *root = open_reply(body, length, &reply, err);
	if (!root)
		return false;
	const json_t *result = json_object_get(root, "result");
	struct botapi_me me = {.id = integer(result, "id"), .is_bot = truth(result, "is_bot")};
	if (reply.ok && me.id <= 0)
		return botapi_invalid(body, length, 0, "no bot id in the result", err);
	*ret_reply = reply;
	if (!reply.ok)
		return true;
	copy_member(result, "username", me.username, sizeof(me.username));
	copy_member(result, "first_name", me.first_name, sizeof(me.first_name));
	me.can_join_groups = truth(result, "can_join_groups");
	me.can_read_all_group_messages = truth(result, "can_read_all_group_messages");
	me.supports_inline_queries = truth(result, "supports_inline_queries");
	me.can_connect_to_business = truth(result, "can_connect_to_business");
	me.has_main_web_app = truth(result, "has_main_web_app");
	*ret_me = me;
	return true;
}

static void join_texts(const json_t *array, char *to, size_t size)
{
	autostr struct str joined = STR_INIT;
	for (size_t i = 0; i < json_array_size(array) && joined.length < size; i++) {
		const char *text = json_string_value(json_array_get(array, i));
		if (text)
			str_addf(&joined, "%s%s", joined.length ? "," : "", text);
	}
	size_t kept = utf8_cut(joined.text, joined.length, size - 1);
	memcpy(to, joined.text, kept);
	to[kept] = '\0';
}

static void read_webhook(const json_t *result, struct botapi_webhook *ret_webhook)
{
	struct botapi_webhook *to = ret_webhook;
	*to = (struct botapi_webhook){0};
	copy_member(result, "url", to->url, sizeof(to->url));
	copy_member(result, "ip_address", to->ip_address, sizeof(to->ip_address));
	copy_member(result, "last_error_message", to->last_error_message,
		sizeof(to->last_error_message));
	join_texts(json_object_get(result, "allowed_updates"), to->allowed_updates,
		sizeof(to->allowed_updates));
	to->has_custom_certificate = truth(result, "has_custom_certificate");
	to->pending_update_count = not_negative(integer(result, "pending_update_count"));
	to->last_error_date_s = not_negative(integer(result, "last_error_date"));
	to->last_synchronization_error_date_s =
		not_negative(integer(result, "last_synchronization_error_date"));
	to->max_connections = not_negative(integer(result, "max_connections"));
}

bool botapi_read_webhook(const char *body, size_t length, struct botapi_reply *ret_reply,
	struct botapi_webhook *ret_webhook, struct err *err)
{
	return botapi_plain_webhook(body, length, ret_reply, ret_webhook) ||
	       botapi_read_webhook_document(body, length, ret_reply, ret_webhook, err);
}

bool botapi_read_webhook_document(const char *body, size_t length, struct botapi_reply *ret_reply,
	struct botapi_webhook *ret_webhook, struct err *err)
{
	struct botapi_reply reply;
	autojson json_t *root = open_reply(body, length, &reply, err);
	if (!root)
		return false;
	const json_t *result = json_object_get(root, "result");
	if (reply.ok && !json_is_string(json_object_get(result, "url")))
		return botapi_invalid(body, length, 0, "no 'url' in the result", err);
	if (reply.ok && !json_is_integer(json_object_get(result, "pending_update_count")))
		return botapi_invalid(
			body, length, 0, "no 'pending_update_count' in the result", err);
	*ret_reply = reply;
	if (reply.ok)
		read_webhook(result, ret_webhook);
	return true;
}

enum err_code botapi_err_code(int error_code)
{
	static const struct {
		int error_code;
		enum err_code code;
	} meanings[] = {
		{401, ERR_AUTH},
		{403, ERR_DENIED},
		{404, ERR_NOT_FOUND},
		{409, ERR_CONFLICT},
		{421, ERR_AUTH},
		{429, ERR_RATE},
	};
	for (size_t i = 0; i < COUNT_OF(meanings); i++) {
		if (meanings[i].error_code == error_code)
			return meanings[i].code;
	}
	return error_code >= 500 && error_code < 600 ? ERR_UNREACHABLE : ERR_PROTOCOL;
}

/* SPDX-License-Identifier: MIT */
/*
 * The road of a request on the public port: split the path, find the bot, write the transcript,
 * meet the faults, call the method. The words of every refusal are those of the real server.
 */
#include "tests/fleet/botapi/api.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tests/fleet/botapi/exchange.h"
#include "tests/fleet/botapi/faults.h"
#include "tests/fleet/botapi/session.h"

static const struct api_method *const methods[] = {
#define METHOD(name) &method_##name,
#include "tests/fleet/botapi/methods.def"
#undef METHOD
};

void api_ok(struct request *request, json_t *result)
{
	request_reply_json(request, 200, json_pack("{s:b,s:o}", "ok", 1, "result", result));
}

void api_done(struct request *request, const char *description)
{
	request_reply_json(request, 200,
		json_pack("{s:b,s:b,s:s}", "ok", 1, "result", 1, "description", description));
}

bool refuse(struct refusal *why, unsigned status, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	why->status = status;
	for (size_t length = strlen(why->text); !utf8_valid(why->text, length);)
		why->text[--length] = '\0'; /* the buffer ended within a character */
	return false;
}

static json_t *parameters_of(const struct refusal *why)
{
	json_t *parameters = json_object();
	if (why->retry_after_s > 0)
		json_object_set_new(parameters, "retry_after", json_integer(why->retry_after_s));
	if (why->migrate_to)
		json_object_set_new(
			parameters, "migrate_to_chat_id", json_integer(why->migrate_to));
	return parameters;
}

void api_refuse(struct request *request, const struct refusal *why)
{
	struct reply reply = {.status = why->status, .retry_after_s = why->retry_after_s};
	str_init(&reply.body);
	json_t *json = json_pack(
		"{s:b,s:i,s:s}", "ok", 0, "error_code", (int)why->status, "description", why->text);
	json_t *parameters = parameters_of(why);
	if (json_object_size(parameters))
		json_object_set(json, "parameters", parameters);
	json_decref(parameters);
	autofree char *text = json_dumps(json, JSON_COMPACT);
	str_adds(&reply.body, text);
	json_decref(json);
	request_reply(request, &reply);
}

void api_fail(struct request *request, unsigned status, int retry_after_s, const char *description)
{
	struct refusal why = {.retry_after_s = retry_after_s};
	(void)refuse(&why, status, "%s", description);
	api_refuse(request, &why);
}

const char *arg_text(const json_t *args, const char *name)
{
	return json_string_value(json_object_get(args, name));
}

int64_t arg_number(const json_t *args, const char *name, int64_t missing)
{
	const char *text = arg_text(args, name);
	if (!text || !*text)
		return missing;
	char *end;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	return *end || errno ? missing : value;
}

bool arg_flag(const json_t *args, const char *name)
{
	const char *text = arg_text(args, name);
	return text && (strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0 ||
			       strcmp(text, "1") == 0);
}

bool arg_json(const json_t *args, const char *name, json_t **ret_json)
{
	const char *text = arg_text(args, name);
	*ret_json = NULL;
	if (!text || !*text)
		return true;
	*ret_json = json_loads(text, JSON_DECODE_ANY, NULL);
	return *ret_json != NULL;
}

static const struct api_method *find_method(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(methods); i++)
		if (strcasecmp(methods[i]->name, name) == 0)
			return methods[i];
	return NULL;
}

void api_call(struct bot *bot, const struct api_method *method, struct request *request)
{
	json_t *args = request_args(request);
	method->call(bot, request, args);
	json_decref(args);
}

static void count(struct api *api, struct bot *bot, struct request *request)
{
	int64_t now_ms = loop_now_ms();
	struct figures *figures = &api->figures;
	rates_add(&figures->requests, now_ms, 1);
	rates_add(&figures->request_bytes, now_ms, request->body.length);
	rates_raise(&figures->largest_request, now_ms, request->body.length);
	if (bot)
		rates_add(&bot->requests, now_ms, 1);
}

void api_heard(void *context, struct request *request, const struct reply *reply)
{
	struct api *api = context;
	struct figures *figures = &api->figures;
	int64_t now_ms = loop_now_ms();
	for (const struct upload *file = request->uploads; file; file = file->next) {
		rates_add(&figures->files, now_ms, 1);
		rates_add(&figures->file_bytes, now_ms, file->data.length);
	}
	if (reply) {
		bool ok = reply->status == 200;
		rates_add(&figures->responses, now_ms, 1);
		rates_add(ok ? &figures->responses_ok : &figures->responses_error, now_ms, 1);
		rates_add(&figures->response_bytes, now_ms, reply->body.length);
	}
	if (api->exchange)
		exchange_write(api->exchange, request, reply);
}

/* The road of a token: well-formed, of this server, known, with a session. */
static bool admit(struct api *api, struct bot *bot, const char *token,
	const struct api_method *method, const struct request *request, struct refusal *why)
{
	if (!token_is_well_formed(token))
		return refuse(why, 401, "Unauthorized: invalid token specified");
	int64_t id = strtoll(token, NULL, 10);
	if (api->filter_of && id % api->filter_of != api->filter)
		return refuse(why, 421, "Misdirected Request: unallowed token specified");
	bool known = bot && !bot->revoked;
	if ((!known || !bot->session_ms) && !creation_allows(api, request, why))
		return false;
	if (!known)
		return refuse(why, 401, "Unauthorized");
	if (!method)
		return refuse(why, 404, "Not Found: method not found");
	return session_allows(bot, method, why);
}

static void answer(struct api *api, struct request *request, const char *token, const char *name)
{
	const struct api_method *method = find_method(name);
	struct bot *bot = bots_by_token(&api->bots, token);
	struct refusal why = {0};
	transcript_write(&api->transcript,
		token_is_well_formed(token) ? strtoll(token, NULL, 10) : 0,
		method ? method->name : name, request_header(request, "User-Agent"));
	count(api, bot, request);
	if (!admit(api, bot, token, method, request, &why))
		api_refuse(request, &why);
	else if (!faults_meet(bot, method, request))
		api_call(bot, method, request);
}

void api_call_by_name(struct bot *bot, const char *name, json_t *args)
{
	const struct api_method *method = find_method(name);
	struct request *request = request_of_nobody(args);
	struct refusal why = {0};
	if (method && session_allows(bot, method, &why))
		api_call(bot, method, request);
	else
		api_fail(request, 404, 0, "Not Found: method not found");
}

/* /bot<token>/METHOD, or /bot<token>/test/METHOD of the test servers. */
static const char *method_in(const char *after_token)
{
	if (strncasecmp(after_token, "test/", 5) == 0)
		after_token += 5;
	return *after_token && !strchr(after_token, '/') ? after_token : NULL;
}

void api_handle(void *context, struct request *request)
{
	if (starts_with(request->path, "/file/bot")) {
		documents_serve(context, request);
		return;
	}
	char *slash = starts_with(request->path, "/bot") ? strchr(request->path + 4, '/') : NULL;
	const char *method = slash ? method_in(slash + 1) : NULL;
	if (!method) {
		api_fail(request, 404, 0, "Not Found");
		return;
	}
	autofree char *token = xstrndup(request->path + 4, (size_t)(slash - request->path - 4));
	answer(context, request, token, method);
}

/* SPDX-License-Identifier: MIT */
/*
 * The road of a request on the public port: split the path, find the bot, write the transcript,
 * meet the faults, call the method. The words of every refusal are those of the real server.
 */
#include "tests/fleet/botapi/api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "tests/fleet/botapi/faults.h"

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

void api_fail(struct request *request, unsigned status, int retry_after_s, const char *description)
{
	struct reply reply = {.status = status, .retry_after_s = retry_after_s};
	str_init(&reply.body);
	json_t *json = json_pack(
		"{s:b,s:i,s:s}", "ok", 0, "error_code", (int)status, "description", description);
	if (retry_after_s > 0)
		json_object_set_new(
			json, "parameters", json_pack("{s:i}", "retry_after", retry_after_s));
	autofree char *text = json_dumps(json, JSON_COMPACT);
	str_adds(&reply.body, text);
	json_decref(json);
	request_reply(request, &reply);
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

static void answer(struct api *api, struct request *request, const char *token, const char *name)
{
	const struct api_method *method = find_method(name);
	struct bot *bot = bots_by_token(&api->bots, token);
	bool well_formed = token_is_well_formed(token);
	transcript_write(&api->transcript, well_formed ? strtoll(token, NULL, 10) : 0,
		method ? method->name : name, request_header(request, "User-Agent"));
	api->requests++;
	if (bot)
		bot->requests++;
	if (!well_formed)
		api_fail(request, 401, 0, "Unauthorized: invalid token specified");
	else if (!bot || bot->revoked)
		api_fail(request, 401, 0, "Unauthorized");
	else if (!method)
		api_fail(request, 404, 0, "Not Found: method not found");
	else if (!faults_meet(bot, method, request))
		api_call(bot, method, request);
}

void api_handle(void *context, struct request *request)
{
	char *slash = starts_with(request->path, "/bot") ? strchr(request->path + 4, '/') : NULL;
	if (!slash || !slash[1] || strchr(slash + 1, '/')) {
		api_fail(request, 404, 0, "Not Found");
		return;
	}
	autofree char *token = xstrndup(request->path + 4, (size_t)(slash - request->path - 4));
	answer(context, request, token, slash + 1);
}

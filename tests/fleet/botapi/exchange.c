/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/redact.h"
#include "tests/fleet/common/serve.h"

enum { TEXT_MAX = 200 };

bool exchange_open(FILE **ret_file, const char *path, struct err *err)
{
	FILE *file = fopen(path, "we");
	if (!file)
		return err_errno(err, errno, "cannot write exchange '%s'", path);
	setvbuf(file, NULL, _IOLBF, 0);
	*ret_file = file;
	return true;
}

static const char *how_sent(const struct request *request)
{
	const char *type = request_header(request, "Content-Type");
	if (!request->body.length)
		return "query";
	if (type && starts_with(type, "application/json"))
		return "json";
	return type && starts_with(type, "multipart/") ? "multipart" : "form";
}

/* The values of a JSON body keep their types, so that a number in the place of a text is seen. */
static json_t *params_of(struct request *request)
{
	json_t *args = request_args(request);
	json_t *body = strcmp(how_sent(request), "json") == 0
			       ? json_loadb(request->body.text, request->body.length, 0, NULL)
			       : NULL;
	json_object_update_existing(args, body);
	json_decref(body);
	for (const struct upload *upload = request->uploads; upload; upload = upload->next)
		json_object_set_new(args, upload->field,
			json_pack("{s:s,s:I}", "file", upload->name, "bytes",
				(json_int_t)upload->data.length));
	return args;
}

static void add_answer(json_t *line, const struct reply *reply)
{
	static const char *const how[] = {[REPLY_TRUNCATED] = "truncated",
		[REPLY_RESET] = "reset",
		[REPLY_DRIP] = "drip",
		[REPLY_SLOW_END] = "slow end",
		[REPLY_WRONG_LENGTH] = "wrong length"};
	if (reply->how != REPLY_WHOLE)
		json_object_set_new(line, "how", json_string(how[reply->how]));
	if (reply->retry_after_s > 0)
		json_object_set_new(line, "retry_after", json_integer(reply->retry_after_s));
	json_t *answer = json_loadb(reply->body.text, reply->body.length, 0, NULL);
	if (answer)
		json_object_set_new(line, "answer", answer);
	else
		json_object_set_new(line, "text",
			json_stringn(reply->body.text,
				reply->body.length < TEXT_MAX ? reply->body.length : TEXT_MAX));
}

void exchange_write(void *file, struct request *request, const struct reply *reply)
{
	const char *agent = request_header(request, "User-Agent");
	const char *method = strrchr(request->path, '/');
	if (!starts_with(request->path, "/bot"))
		return;
	json_t *line = json_pack("{s:I,s:I,s:I,s:s,s:s,s:s,s:o,s:i}", "at",
		(json_int_t)request->at_ms, "answered", (json_int_t)loop_now_ms(), "bot",
		(json_int_t)strtoll(request->path + 4, NULL, 10), "method",
		method ? method + 1 : "", "agent", agent ? agent : "", "sent", how_sent(request),
		"params", params_of(request), "status", reply ? (int)reply->status : 0);
	if (line && reply)
		add_answer(line, reply);
	autofree char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	json_decref(line);
	autostr struct str clean = STR_INIT;
	if (text)
		redact(NULL, &clean, text, strlen(text), 0);
	fprintf(file, "%s\n", text ? clean.text : "{\"lost\":true}");
}

/* SPDX-License-Identifier: MIT */
#include "tests/fleet/bot/telegram.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/fleet/bot/agent.h"

enum { ANSWER_MAX_BYTES = 8 << 20, CONNECT_S = 5, ANSWER_S = 10 };

struct call {
	struct fetch fetch;
	struct agent *agent;
	const char *method; /* a literal */
	telegram_done *done;
	void *data;
	struct curl_slist *headers;
	char *body;
	struct str answer;
	int64_t started_ms;
};

static size_t on_data(char *data, size_t size, size_t count, void *to)
{
	struct str *answer = to;
	if (answer->length + size * count > ANSWER_MAX_BYTES)
		return 0;
	str_add(answer, data, size * count);
	return size * count;
}

/* Many libraries log every request like this, at INFO, with the token in it. */
static void log_url(const struct call *call, long status)
{
	const struct agent *agent = call->agent;
	if (agent->settings.logs_urls && status)
		journal_write(&agent->journal, LOG_INFO, NULL,
			"HTTP Request: POST %s/bot%s/%s \"HTTP/1.1 %ld\"", agent->settings.api,
			agent->settings.token, call->method, status);
}

static void read_answer(const struct call *call, json_t *document, struct telegram_answer *answer)
{
	int ok = 0;
	answer->why = "an answer that is not JSON";
	json_unpack(document, "{s:b,s?s,s?{s?i}}", "ok", &ok, "description", &answer->why,
		"parameters", "retry_after", &answer->retry_after_s);
	if (ok && answer->status == 200)
		answer->result = json_object_get(document, "result");
	answer->took_ms = loop_now_ms() - call->started_ms;
}

static void finish(struct fetch *fetch, CURLcode code)
{
	struct call *call = (struct call *)fetch;
	struct telegram_answer answer = {.why = curl_easy_strerror(code)};
	json_t *document = NULL;
	if (code == CURLE_OK) {
		curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &answer.status);
		document = json_loadb(call->answer.text, call->answer.length, 0, NULL);
		read_answer(call, document, &answer);
	}
	log_url(call, answer.status);
	call->done(call->agent, call->data, &answer);
	json_decref(document);
	curl_easy_cleanup(fetch->curl);
	curl_slist_free_all(call->headers);
	str_release(&call->answer);
	free(call->body);
	free(call);
}

void telegram_call(struct agent *agent, const char *method, json_t *args, int wait_s,
	telegram_done *done, void *data)
{
	struct call *call = xcalloc(1, sizeof(*call));
	CURL *curl = curl_easy_init();
	autofree char *url =
		xasprintf("%s/bot%s/%s", agent->settings.api, agent->settings.token, method);
	*call = (struct call){.agent = agent, .method = method, .done = done, .data = data};
	call->fetch = (struct fetch){.done = finish, .curl = curl};
	call->started_ms = loop_now_ms();
	call->body = json_dumps(args, JSON_COMPACT);
	json_decref(args);
	str_init(&call->answer);
	call->headers = curl_slist_append(NULL, "Content-Type: application/json");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "fleet-bot/" BOTSWAIN_VERSION);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &call->answer);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)(wait_s + ANSWER_S));
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	loop_fetch(&agent->loop, &call->fetch);
}

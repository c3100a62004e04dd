/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/faults.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"

enum { HANG_MS = 120000, NAME_MAX_BYTES = 48, BYTES_MAX = 16 << 20 };

struct fault {
	struct fault *next;
	const struct fault_kind *kind;
	char method[NAME_MAX_BYTES], peer[16]; /* "": any */
	unsigned status;
	char *description; /* NULL: the usual words of the status */
	int retry_after_s;
	int64_t delay_ms;
	size_t bytes; /* of a piece or noise; the depth of a nesting; 0: the kind's own */
	int64_t length_error;
	int64_t left;     /* requests, -1: any number */
	int64_t until_ms; /* monotonic */
};

/* A request that a fault keeps waiting. */
struct hold {
	struct timer timer;
	struct bot *bot;
	const struct api_method *method;
	struct request *request;
};

/* clang-format off */
static const struct {
	unsigned status;
	const char *description;
} usual[] = {
	{400, "Bad Request: chat not found"},
	{401, "Unauthorized"},
	{403, "Forbidden: bot was blocked by the user"},
	{404, "Not Found"},
	{409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"},
	{500, "Internal Server Error: restart"},
};
/* clang-format on */

static const char *usual_words(unsigned status)
{
	for (size_t i = 0; i < COUNT_OF(usual); i++)
		if (usual[i].status == status)
			return usual[i].description;
	return "Internal Server Error";
}

static void forget_hold(struct request *request)
{
	struct hold *hold = request->held;
	timers_cancel(&hold->bot->api->loop->timers, &hold->timer);
	free(hold);
	request->held = NULL;
}

static void keep(struct bot *bot, const struct api_method *method, struct request *request,
	int64_t delay_ms, void (*fire)(void *hold))
{
	struct hold *hold = xcalloc(1, sizeof(*hold));
	*hold = (struct hold){.bot = bot, .method = method, .request = request};
	hold->timer = (struct timer){.fire = fire, .data = hold};
	request->held = hold;
	request->release = forget_hold;
	loop_after(bot->api->loop, &hold->timer, delay_ms);
}

static void answer_after_delay(void *data)
{
	struct hold hold = *(struct hold *)data;
	forget_hold(hold.request);
	api_call(hold.bot, hold.method, hold.request);
}

static void reset(struct request *request)
{
	struct reply reply = {.status = 500, .how = REPLY_RESET};
	str_init(&reply.body);
	request_reply(request, &reply);
}

static void reset_after_hang(void *data)
{
	struct hold *hold = data;
	reset(hold->request);
}

typedef void meet(const struct fault *fault, struct bot *bot, const struct api_method *method,
	struct request *request);

static void meet_status(const struct fault *fault, struct bot *bot, const struct api_method *method,
	struct request *request)
{
	(void)bot, (void)method;
	autofree char *limited =
		xasprintf("Too Many Requests: retry after %d", fault->retry_after_s);
	const char *words = fault->status == 429 ? limited : usual_words(fault->status);
	api_fail(request, fault->status, fault->retry_after_s,
		fault->description ? fault->description : words);
}

/* What a proxy in front of the server says when the server is away. */
static void meet_html(const struct fault *fault, struct bot *bot, const struct api_method *method,
	struct request *request)
{
	(void)bot, (void)method;
	struct reply reply = {.status = fault->status, .content_type = "text/html"};
	str_init(&reply.body);
	str_addf(&reply.body,
		"<html>\r\n<head><title>%u Bad Gateway</title></head>\r\n<body>\r\n<center><h1>%u "
		"Bad "
		"Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</"
		"html>\r\n",
		fault->status, fault->status);
	request_reply(request, &reply);
}

static void meet_delay(const struct fault *fault, struct bot *bot, const struct api_method *method,
	struct request *request)
{
	keep(bot, method, request, fault->delay_ms, answer_after_delay);
}

static void meet_hang(const struct fault *fault, struct bot *bot, const struct api_method *method,
	struct request *request)
{
	(void)fault;
	keep(bot, method, request, HANG_MS, reset_after_hang);
}

static void meet_reset(const struct fault *fault, struct bot *bot, const struct api_method *method,
	struct request *request)
{
	(void)fault, (void)bot, (void)method;
	reset(request);
}

static void meet_truncate(const struct fault *fault, struct bot *bot,
	const struct api_method *method, struct request *request)
{
	(void)fault;
	request->how = REPLY_TRUNCATED;
	api_call(bot, method, request);
}

/* The true answer, a few bytes at a time. */
static void meet_drip(const struct fault *fault, struct bot *bot, const struct api_method *method,
	struct request *request)
{
	request->how = REPLY_DRIP;
	request->pace_bytes = fault->bytes ? fault->bytes : 1;
	request->pace_ms = fault->delay_ms;
	api_call(bot, method, request);
}

static void meet_slow_end(const struct fault *fault, struct bot *bot,
	const struct api_method *method, struct request *request)
{
	request->how = REPLY_SLOW_END;
	request->pace_ms = fault->delay_ms;
	api_call(bot, method, request);
}

static void meet_length(const struct fault *fault, struct bot *bot, const struct api_method *method,
	struct request *request)
{
	request->how = REPLY_WRONG_LENGTH;
	request->length_error = fault->length_error;
	api_call(bot, method, request);
}

/* Says that it is gzip, and is none. */
static void meet_gzip(const struct fault *fault, struct bot *bot, const struct api_method *method,
	struct request *request)
{
	struct reply reply = {.status = 200, .encoding = "gzip"};
	(void)method;
	str_init(&reply.body);
	str_adds(&reply.body, "\x1f\x8b\x08");
	for (size_t i = 0; i < (fault->bytes ? fault->bytes : 512); i++)
		str_addch(&reply.body, (char)rng_below(&bot->api->rng, 256));
	request_reply(request, &reply);
}

static void repeat(struct str *to, const char *text, size_t count)
{
	while (count--)
		str_adds(to, text);
}

static void meet_deep(const struct fault *fault, struct bot *bot, const struct api_method *method,
	struct request *request)
{
	struct reply reply = {.status = 200};
	size_t depth = fault->bytes ? fault->bytes : 100000;
	(void)bot, (void)method;
	str_init(&reply.body);
	str_adds(&reply.body, "{\"ok\":true,\"result\":");
	repeat(&reply.body, "[", depth);
	repeat(&reply.body, "]", depth);
	str_adds(&reply.body, "}");
	request_reply(request, &reply);
}

/* What getMe, getWebhookInfo and sendMessage answer, with numbers that no double and some that no int64_t holds. */
static void meet_numbers(const struct fault *fault, struct bot *bot,
	const struct api_method *method, struct request *request)
{
	struct reply reply = {.status = 200};
	(void)fault, (void)bot, (void)method;
	str_init(&reply.body);
	str_adds(&reply.body,
		"{\"ok\":true,\"result\":{\"id\":9007199254740993,\"is_bot\":true,\"first_name\":"
		"\"x\","
		"\"username\":\"x_bot\",\"url\":\"\",\"has_custom_certificate\":false,"
		"\"pending_update_count\":9223372036854775807,\"last_error_date\":"
		"18446744073709551616,\"max_connections\":1e400,\"message_id\":"
		"-9223372036854775809,\"date\":99999999999999999999999999,"
		"\"chat\":{\"id\":9007199254740993,\"type\":\"private\"}}}");
	request_reply(request, &reply);
}

/* clang-format off */
static const struct fault_kind {
	const char *name;
	meet *meet;
	unsigned status; /* when none is given */
} kinds[] = {
	{"status", meet_status, 500},
	{"html", meet_html, 502},
	{"delay", meet_delay, 0},
	{"hang", meet_hang, 0},
	{"reset", meet_reset, 0},
	{"truncate", meet_truncate, 0},
	{"drip", meet_drip, 0},
	{"slow-end", meet_slow_end, 0},
	{"length", meet_length, 0},
	{"gzip", meet_gzip, 0},
	{"deep", meet_deep, 0},
	{"numbers", meet_numbers, 0},
};
/* clang-format on */

static bool fits(const struct fault *fault, const struct api_method *method, const char *peer)
{
	return fault->left != 0 && loop_now_ms() < fault->until_ms &&
	       (!fault->method[0] || strcasecmp(fault->method, method->name) == 0) &&
	       (!fault->peer[0] || strcmp(fault->peer, peer) == 0);
}

static struct fault *find(struct fault *list, const struct api_method *method, const char *peer)
{
	while (list && !fits(list, method, peer))
		list = list->next;
	return list;
}

bool faults_meet(struct bot *bot, const struct api_method *method, struct request *request)
{
	if (!bot->faults && !bot->api->faults)
		return false;
	const char *peer = transcript_peer(request_header(request, "User-Agent"));
	struct fault *fault = find(bot->faults, method, peer);
	if (!fault)
		fault = find(bot->api->faults, method, peer);
	if (!fault)
		return false;
	if (fault->left > 0)
		fault->left--;
	fault->kind->meet(fault, bot, method, request);
	return true;
}

static const struct fault_kind *find_kind(const char *name)
{
	for (size_t i = 0; name && i < COUNT_OF(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static int64_t number(json_t *body, const char *key, int64_t missing)
{
	json_t *value = json_object_get(body, key);
	return json_is_number(value) ? (int64_t)json_number_value(value) : missing;
}

static size_t bounded(int64_t bytes)
{
	return bytes < 0 ? 0 : bytes > BYTES_MAX ? BYTES_MAX : (size_t)bytes;
}

bool faults_add(struct fault **list, json_t *body, struct err *err)
{
	const char *kind = json_string_value(json_object_get(body, "kind"));
	const char *method = json_string_value(json_object_get(body, "method"));
	const char *peer = json_string_value(json_object_get(body, "peer"));
	const char *description = json_string_value(json_object_get(body, "description"));
	const struct fault_kind *known = find_kind(kind);
	if (!known)
		return err_set(err, ERR_INVALID,
			"unknown kind of fault '%s'; take status, html, delay, hang, reset, "
			"truncate, drip, slow-end, length, gzip, deep or numbers",
			kind ? kind : "");
	struct fault *fault = xcalloc(1, sizeof(*fault));
	fault->kind = known;
	copy_text(fault->method, sizeof(fault->method), method ? method : "");
	copy_text(fault->peer, sizeof(fault->peer), peer ? peer : "");
	fault->status = (unsigned)number(body, "status", known->status);
	fault->description = description ? xstrdup(description) : NULL;
	fault->retry_after_s = (int)number(body, "retry_after", fault->status == 429 ? 5 : 0);
	fault->delay_ms = number(body, "delay_ms", 1000);
	fault->bytes = bounded(number(body, "bytes", 0));
	fault->length_error = number(body, "off_by", 100);
	fault->left = number(body, "count", -1);
	int64_t seconds = number(body, "seconds", 0);
	fault->until_ms = seconds > 0 ? loop_now_ms() + seconds * 1000 : INT64_MAX;
	fault->next = *list;
	*list = fault;
	return true;
}

int faults_clear(struct fault **list, const char *method)
{
	int cleared = 0;
	for (struct fault **link = list; *link;) {
		struct fault *fault = *link;
		if (method && strcasecmp(fault->method, method) != 0) {
			link = &fault->next;
			continue;
		}
		*link = fault->next;
		free(fault->description);
		free(fault);
		cleared++;
	}
	return cleared;
}

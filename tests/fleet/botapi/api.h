/* SPDX-License-Identifier: MIT */
/* The Bot API server as a whole, and the envelope of its answers. One thread. */
#ifndef BOTSWAIN_BOTAPI_API_H
#define BOTSWAIN_BOTAPI_API_H

#include <jansson.h>

#include "core/base/rng.h"
#include "tests/fleet/botapi/bots.h"
#include "tests/fleet/botapi/creation.h"
#include "tests/fleet/botapi/documents.h"
#include "tests/fleet/botapi/transcript.h"
#include "tests/fleet/common/loop.h"
#include "tests/fleet/common/serve.h"

/* What the statistics port tells. */
struct figures {
	struct rates requests, request_bytes, files, file_bytes, largest_request;
	struct rates responses, responses_ok, responses_error, response_bytes;
	struct rates updates;
	struct rates user_us, system_us; /* of CPU */
	int64_t user_seen_us, system_seen_us;
	struct timer timer; /* looks at the CPU */
};

struct api {
	struct loop *loop;
	struct bots bots;
	struct server server, control, statistics;
	int64_t started_ms;
	struct figures figures;
	struct creation creation;
	struct flood_rule flood;   /* of every bot that has none of its own */
	int64_t filter, filter_of; /* only bots whose id modulo `filter_of` is `filter`; 0: all */
	bool is_closing;           /* as while the real server shuts down */
	int64_t verbosity;         /* of the log, by ?v= on the statistics port */
	struct transcript transcript;
	FILE *exchange;              /* NULL: off */
	struct fault *faults;        /* those of every bot */
	struct delivery *deliveries; /* under way to webhooks */
	struct documents documents;
	struct rng rng;
};

/* Why a method does not do what it is asked. */
struct refusal {
	unsigned status;
	int retry_after_s;  /* 0: not said */
	int64_t migrate_to; /* 0: not said */
	char text[384];     /* the whole description */
};

/* One method of the Bot API; registered by one line in methods.def. `args` is borrowed. */
struct api_method {
	const char *name;
	/* Answers now, or keeps the request. */
	void (*call)(struct bot *bot, struct request *request, json_t *args);
	bool is_local; /* answered without Telegram: no flood limit holds for it */
};
#define METHOD(name) extern const struct api_method method_##name;
#include "tests/fleet/botapi/methods.def"
#undef METHOD

/* The handler of the public port: /bot<token>/<METHOD>. */
void api_handle(void *api, struct request *request);
/* The listener of the public port: counts, and writes the exchange. */
void api_heard(void *api, struct request *request, const struct reply *reply);
/* Calls a method that a webhook named in its answer; takes `args`. */
void api_call_by_name(struct bot *bot, const char *name, json_t *args);
/* Past the faults: looks the method up and calls it. */
void api_call(struct bot *bot, const struct api_method *method, struct request *request);

/* Answers {"ok":true,"result":...}; takes `result`. */
void api_ok(struct request *request, json_t *result);
/* Answers {"ok":true,"result":true,"description":...}. */
void api_done(struct request *request, const char *description);
/* Answers {"ok":false,...} with HTTP status == error_code; `retry_after_s` 0: without. */
void api_fail(struct request *request, unsigned status, int retry_after_s, const char *description);

/* Fills `why` and returns false, so that `return refuse(...)` fails the caller. */
bool refuse(struct refusal *why, unsigned status, const char *format, ...) PRINTF_LIKE(3, 4);
void api_refuse(struct request *request, const struct refusal *why);

/* The number in args[name], or `missing` when it is absent or not a number. */
int64_t arg_number(const json_t *args, const char *name, int64_t missing);
/* The string, or NULL. */
const char *arg_text(const json_t *args, const char *name);
/* True for "true", "yes" and "1". */
bool arg_flag(const json_t *args, const char *name);
/* The JSON in args[name], which the caller owns; NULL when there is none. False: it is no JSON. */
MUST_CHECK bool arg_json(const json_t *args, const char *name, json_t **ret_json);

#endif

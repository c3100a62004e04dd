/* SPDX-License-Identifier: MIT */
/* Calls of the Bot API server of a test whose answers are known: they fail the test when they are others. */
#ifndef BOTSWAIN_TESTS_BOTAPI_CALLS_H
#define BOTSWAIN_TESTS_BOTAPI_CALLS_H

#include "tests/support/botapi.h"

/* The one of a test program whose group has these fixtures. */
extern struct botapi server;
int server_start(void **state);
int server_stop(void **state);

/* Posts `body` (JSON, or a form; NULL: nothing) and returns the result, which the caller owns. */
json_t *botapi_result(const struct botapi *botapi, const char *token, const char *method,
	const char *body, ...) PRINTF_LIKE(4, 5);
/* Posts `body`, which must be refused with this status and description. */
void botapi_refused(const struct botapi *botapi, const char *token, const char *method,
	const char *body, long status, const char *description);
/* The same for an answer that is there; clears it. */
void assert_answer_refused(struct http_answer *answer, long status, const char *description);
/* Fails unless `json`, which it frees, is what `expected` says as JSON. */
void assert_json(json_t *json, const char *expected);
/* The member at a path such as "result.0.message.text"; NULL: there is none. */
const json_t *json_at(const json_t *json, const char *path);
/* The text or number there; fails the test when it is none. */
const char *text_at(const json_t *json, const char *path);
int64_t number_at(const json_t *json, const char *path);
/* Moves the server's clock ahead. */
void botapi_advance(const struct botapi *botapi, int64_t ms);

#endif

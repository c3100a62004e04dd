/* SPDX-License-Identifier: MIT */
/*
 * A Bot API server for a test: the program of tests/fleet, with bots of the test's own. Failures to start fail the test.
 */
#ifndef BOTSWAIN_TESTS_BOTAPI_H
#define BOTSWAIN_TESTS_BOTAPI_H

#include <curl/curl.h>
#include <jansson.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/attr.h"

struct botapi {
	pid_t pid;
	int port, control_port;
	char directory[64]; /* holds transcript.jsonl */
};

struct http_answer {
	CURLcode code;
	long status;
	int retry_after_s; /* of the header, 0: none */
	int64_t took_ms;
	char *body;
	json_t *json; /* NULL when the body is none */
};

void botapi_start(struct botapi *botapi);
void botapi_stop(struct botapi *botapi);
/* Dies at once; botapi_start_again() takes the same ports and the bots that botapi_make_bot() made. */
void botapi_kill(struct botapi *botapi);
void botapi_start_again(struct botapi *botapi);

/* One HTTP request; `body` NULL: GET. A body that begins with '{' goes as JSON, any other as a form. */
struct http_answer http_ask(const char *url, const char *body, const char *agent, int timeout_ms);
void http_answer_clear(struct http_answer *answer);

/* Posts to /control/`route`; fails the test unless it is answered ok. Returns the result, which the caller owns. */
json_t *botapi_control(const struct botapi *botapi, const char *route, const char *body, ...)
	PRINTF_LIKE(3, 4);
/* Makes a bot and returns its token, which the caller frees. */
char *botapi_make_bot(const struct botapi *botapi, const char *name);
/* Calls a method of the Bot API; `query` may be NULL. */
struct http_answer botapi_call(
	const struct botapi *botapi, const char *token, const char *method, const char *query);

/* The path of a program of this build: build_program("fleet/botapi"); the caller frees it. */
char *build_program(const char *name);

/* The longest time between two calls for a bot, by the server's transcript, and how many there were. */
int64_t botapi_longest_gap_ms(const struct botapi *botapi, int64_t bot, size_t *ret_calls);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A small HTTP server on loopback over libmicrohttpd: one handler, whole requests, answers now or
 * later. A handler that returns without request_reply() keeps the request: its connection is
 * suspended (no thread, no poll) until request_reply() is called. Everything belongs to the thread
 * of the loop.
 */
#ifndef BOTSWAIN_FLEET_SERVE_H
#define BOTSWAIN_FLEET_SERVE_H

#include <jansson.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "tests/fleet/common/loop.h"

enum { REQUEST_MAX_BYTES = 1 << 20 };

struct server;
struct pacing;

enum reply_how {
	REPLY_WHOLE,
	REPLY_TRUNCATED, /* half of the body, then the connection is closed */
	REPLY_RESET,     /* no answer, a TCP reset */
	REPLY_DRIP,      /* pace_bytes at a time, with pace_ms between */
	REPLY_SLOW_END, /* no Content-Length; the connection is closed pace_ms after the last byte */
	REPLY_WRONG_LENGTH, /* Content-Length is off by length_error */
};

/* A file that came in a multipart form. */
struct upload {
	struct upload *next;
	char *field, *name,
		*type; /* of the form's field, of the file, its media type ("": not said) */
	struct str data;
};

/* `body` is moved into the answer. */
struct reply {
	unsigned status;
	enum reply_how how;
	int retry_after_s;        /* header Retry-After when > 0 */
	const char *content_type; /* NULL: application/json */
	const char *encoding;     /* header Content-Encoding; NULL: none */
	size_t pace_bytes;
	int64_t pace_ms, length_error;
	struct str body;
};

struct request {
	struct MHD_Connection *connection;
	struct server *server;
	char *method, *path;
	int64_t at_ms; /* monotonic: when it began to arrive */
	struct str body;
	json_t *args;           /* once they are read; else NULL */
	struct upload *uploads; /* read with them */
	struct reply reply;
	/* How to answer, whatever the reply says. */
	enum reply_how how;
	size_t pace_bytes;
	int64_t pace_ms, length_error;
	struct pacing *pacing; /* of an answer that leaves in pieces */
	/* For the handler that keeps the request: what it keeps, and what frees that if the request goes first. */
	void *held;
	void (*release)(struct request *request);
	bool too_large, replied, suspended;
	struct request *previous, *next; /* all requests of the server */
};

typedef void serve_handler(void *context, struct request *request);
/* Hears of each request once: with its answer, or with NULL when the client left without one. */
typedef void serve_listener(void *data, struct request *request, const struct reply *reply);

struct server {
	struct MHD_Daemon *daemon;
	struct watch watch;
	struct loop *loop;
	serve_handler *handle;
	void *context;
	size_t body_max; /* bytes of a request; REQUEST_MAX_BYTES unless it is changed after the start */
	struct request *first;
	/* May be set after server_start(). */
	serve_listener *listen;
	void *listener;
};

/* Listens on 127.0.0.1:port (0: any free one) and joins the loop. */
MUST_CHECK bool server_start(struct server *server, struct loop *loop, uint16_t port,
	serve_handler *handle, void *context, struct err *err);
uint16_t server_port(const struct server *server);
/* Answers what is still held with 503 and stops. */
void server_stop(struct server *server);

/* Answers; takes reply->body. Once a request. */
void request_reply(struct request *request, struct reply *reply);
void request_reply_text(struct request *request, unsigned status, const char *text);
/* Takes ownership of `json`. */
void request_reply_json(struct request *request, unsigned status, json_t *json);
/* A request that came on no connection: its arguments are `args` (taken), its answer goes nowhere and frees it. */
struct request *request_of_nobody(json_t *args) MUST_CHECK;
/* A header of the request, or NULL. */
const char *request_header(const struct request *request, const char *name);
/*
 * Every argument of the request as an object of strings: the query, then a form (urlencoded or
 * multipart) or JSON body, whose values that are not strings come as their JSON text. What is no
 * UTF-8 comes as null. Never NULL; the caller owns it.
 */
json_t *request_args(struct request *request) MUST_CHECK;
/* The members of a JSON object as such arguments; an empty object for anything else. Never NULL; the caller owns it. */
json_t *args_of_json(const json_t *document) MUST_CHECK;
/* The file of that field, after request_args(); NULL: none came. */
const struct upload *request_upload(const struct request *request, const char *field);

#endif

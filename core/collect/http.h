/* SPDX-License-Identifier: MIT */
/*
 * HTTP on one loop: libcurl's multi_socket over an epoll descriptor, so that hundreds of calls cost
 * no more than what happens on them. Connections are kept, the CA bundle is read once; no redirects,
 * no proxy, no netrc, https only unless a request allows http. An answer is bounded in bytes (those
 * of a packed one are counted unpacked) and in time. URLs may hold a token: nothing here prints one,
 * and errors are put together without it. Owned by one thread.
 *
 * HTTP/1.1 on purpose: a request that ran into its timeout closes its connection there, where over
 * HTTP/2 the dead connection would be given to the next request, and the next.
 */
#ifndef BOTSWAIN_COLLECT_HTTP_H
#define BOTSWAIN_COLLECT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"

struct http;
struct http_call;

struct http_reply {
	struct err err; /* no answer, or a cut one; ERR_NONE: `status` and `body` are whole */
	long status;
	const char *body; /* NUL-terminated, valid during http_done() */
	size_t length;
	const char *content_type; /* "" none; valid as the body is */
	bool is_cut;              /* `may_cut`: there is more of it than body_max */
	int64_t retry_after_s;    /* of the header, 0 none */
	double latency_ms;
};

/* The call is over and already forgotten; a new one may be started from here. */
typedef void http_done(void *context, const struct http_reply *reply);

/* A part of the body of an answer with status 200, as it comes. False: no more of it is wanted, and the call fails. */
typedef bool http_piece(void *context, const char *bytes, size_t length);

struct http_request {
	const char *url;
	bool is_fresh;       /* on a new connection */
	bool is_single;      /* the connection is not kept for another call */
	bool allow_plain;    /* http: the host is loopback, or nothing secret is sent */
	bool may_pack;       /* the answer may come as gzip */
	bool may_cut;        /* of a longer answer the first body_max bytes will do */
	bool is_secret;      /* the answer holds secrets: its bytes are wiped after done() */
	const char *socket;  /* a Unix socket that answers in place of the host; NULL none */
	const char *ca_file; /* certificates to trust; NULL: those of http_new() */
	const char *bearer;  /* for Authorization: Bearer; NULL none */
	const char *user, *password;  /* basic authorization; user NULL none */
	const char *accept;           /* media types; NULL any */
	const char *form;             /* POST, form-encoded; copied; NULL: GET */
	size_t body_max;              /* bytes; 0: LIMIT_HTTP_BODY_BYTES */
	int64_t connect_ms, total_ms; /* 0: as long as it takes */
	http_piece *
		piece; /* the body is given away as it comes, whatever its length; NULL: it is kept */
	http_done *done;
	void *context;
};

/* `ca_file` NULL: the system's bundle. `calls_max`: how many may be under way. */
MUST_CHECK bool http_new(const char *ca_file, size_t calls_max, struct http **ret, struct err *err);
/* How many connections are kept when no call needs them; at first `calls_max`. What a burst opened beyond
 * that is closed as its calls end. */
void http_keep(struct http *http, size_t connections);
void http_free(struct http *http); /* forgets all calls without a word; NULL is legal */
size_t http_under_way(const struct http *http);
bool http_has_room(const struct http *http);
/* Starts a GET, or a POST of a form. Needs room. */
struct http_call *http_get(struct http *http, const struct http_request *request);
/* Forgets a call that is under way. */
void http_cancel(struct http_call *call);
/* Readable when http_turn() has something to do. */
int http_fd(const struct http *http);
/* When http_turn() must be called though nothing is readable (real mono ms); INT64_MAX: never. */
int64_t http_due_ms(const struct http *http);
void http_turn(struct http *http);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A small HTTP server with faults, on loopback and on a Unix socket, over libmicrohttpd with a thread
 * for each connection, so that an answer may take its time. What a path answers can be changed while
 * it runs; a path that was not set answers 404. A GET with a query= argument has the path PATH?query=TEXT. A failure to start fails the test.
 */
#ifndef BOTSWAIN_TESTS_PAGES_H
#define BOTSWAIN_TESTS_PAGES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/base/str.h"

enum page_how {
	PAGE_WHOLE,
	PAGE_HANGS,    /* takes the request and says nothing */
	PAGE_DRIPS,    /* a byte every 50 ms, without an end */
	PAGE_TRICKLES, /* the same, a byte a second */
	PAGE_ENDLESS, /* its body ("": a newline) again and again, as fast as it can, without an end */
	PAGE_TRUNCATED, /* promises twice as many bytes as come */
	PAGE_PACKED,    /* gzip, whatever the client takes */
	PAGE_BOMB,      /* the same, and it unpacks to its body 1024 times */
};

struct page {
	char path[64];
	unsigned status;
	enum page_how how;
	const char *content_type, *location; /* NULL: none */
	char *body;
	struct str packed; /* of a PAGE_BOMB */
	unsigned asked;
	char authorization[160]; /* of the last request; "" none */
	char query[160];         /* of the last request: its id= argument */
	char match[160];         /* and its match[]= argument */
};

enum { PAGES_MAX = 16 };

struct pages {
	struct MHD_Daemon *daemon, *socket_daemon;
	int port;
	char socket[96];
	struct page pages[PAGES_MAX];
	size_t count;
	pthread_mutex_t lock;
	bool is_stopping;
};

void pages_open(struct pages *pages);
void pages_close(struct pages *pages); /* legal on a zeroed struct */
/* Sets what a path answers. The body is copied; it may hold no NUL. */
void pages_set(struct pages *pages, const char *path, unsigned status, enum page_how how,
	const char *body);
void pages_set_header(
	struct pages *pages, const char *path, const char *content_type, const char *location);
/* How often it was asked for. */
unsigned pages_asked(struct pages *pages, const char *path);
/* The Authorization header of its last request; "" none. The caller frees it. */
char *pages_authorization(struct pages *pages, const char *path) MUST_CHECK;
/* The match[] argument of its last request; "" none. The caller frees it. */
char *pages_match(struct pages *pages, const char *path) MUST_CHECK;

#endif

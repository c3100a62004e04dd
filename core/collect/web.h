/* SPDX-License-Identifier: MIT */
/*
 * Pages that are asked for over HTTP at an interval: one thread, one heap of who is due, one loop of
 * calls (web.c); which pages there are follows the roster (web_pages.c). A kind of page, listed in
 * web.def, says which the settings want and what an answer means; it never waits. Web thread.
 */
#ifndef BOTSWAIN_COLLECT_WEB_H
#define BOTSWAIN_COLLECT_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/collect/schedule.h"
#include "core/collect/timers.h"

struct conf_scrape;
struct err;
struct http_call;
struct http_reply;
struct http_request;
struct hub;
struct roster;
struct target;
struct target_files;
struct web;
struct web_list;

/* What the settings say of a page. Texts are the roster's. */
struct web_place {
	const char *name, *bot;   /* of a bot's own page both are its name; bot "": none */
	const char *url, *socket; /* socket "": none */
	const char *ca_file;      /* "": the system's */
	int64_t interval_ms, timeout_ms;
	const void *conf;            /* the kind's own; NULL: a bot's own page */
	const struct target *target; /* of a list of targets; NULL: none */
};

struct web_page {
	const struct web_kind *kind;
	struct web_place place;
	struct schedule schedule; /* `fails` are in a row */
	void *memory;             /* the kind's own, NULL at the start; freed by forget() */
	/* private */
	struct web *web;
	struct timer timer;
	struct http_call *call; /* under way */
	int64_t asked_ms;
	struct web_place next;
	bool is_kept;
	char *own, *next_own; /* the texts of a target's place, and of its next one */
};

struct web_kind {
	const char *name;
	/* Adds every page of this kind. */
	void (*list)(const struct roster *roster, struct web_list *list);
	/* Sets what differs from a plain GET; may be NULL. False: it cannot be asked now, and `err`
	 * says why: take() gets that as the answer. */
	bool (*prepare)(struct web_page *page, struct hub *hub, struct http_request *request,
		struct err *err);
	/* Posts what an answer means. True: it was good. Called before the next look is planned. */
	bool (*take)(struct web_page *page, struct hub *hub, const struct http_reply *reply);
	/* The page is no longer wanted: says so and frees `memory`. At the end of the thread `hub`
	 * is NULL, and nothing is said. */
	void (*forget)(struct web_page *page, struct hub *hub);
};

#define WEB(name) extern const struct web_kind web_##name;
#include "core/collect/web.def"
#undef WEB

/* Copies the place, not its texts. */
void web_add(struct web_list *list, const struct web_place *place);
/* Adds one for each target that is listed for `scrape`, with its name and URL, and the rest of the place. */
void web_add_targets(
	struct web_list *list, const struct conf_scrape *scrape, const struct web_place *place);
/* Posts how a look ended, as the state of the source `kind` of the page's name; for take(). `warning` (NULL: none) and
 * `latency_ms` count when it was good. */
void web_report(const struct web_page *page, struct hub *hub, const char *kind,
	const struct err *err, const struct err *warning, double latency_ms);
/* That source leaves, and its service with it; for forget(), whose `hub` may be NULL. */
void web_leave(const struct web_page *page, struct hub *hub, const char *kind);
/* The URL up to its query or its fragment, which can hold a key: for what is shown. At most
 * `size` bytes with the terminator. */
void web_bare_url(char *to, size_t size, const char *url);

/* ---- between web.c and web_pages.c ---- */
struct web_pages {
	struct web_page **list;
	size_t count;
	struct roster *roster; /* whose texts the places hold; NULL: none yet */
};

/* When it is no longer in the list. */
void web_page_free(struct web_page *page);

/* Takes ownership of the roster; `files` are borrowed for the call. Pages that are named again go on where they were; for the new ones
 * `begin` is called, for those that go `end`. */
void web_pages_set(struct web_pages *pages, struct roster *roster, const struct target_files *files,
	void (*begin)(void *context, struct web_page *page),
	void (*end)(void *context, struct web_page *page), void *context);

#endif

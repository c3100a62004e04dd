/* SPDX-License-Identifier: MIT */
/*
 * What metrics are measured with: a page of 10,000 counters that rise each second, a server of 40 such pages in rotation (a
 * process of its own), and a Prometheus that scrapes it once a second, in a folder of its own, on loopback.
 */
#ifndef BOTSWAIN_TESTS_BENCH_METRICS_PEER_H
#define BOTSWAIN_TESTS_BENCH_METRICS_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"
#include "core/base/str.h"

enum { COUNTERS = 10000, COUNTER_BOTS = 400, PAGES = 40, RULES = 100 };

#define COUNTER_NAME "bench_requests_total"

/* A series of the page: its labels as text, and its value on a page. */
struct counter {
	char bot[16], code[8];
	const char *method;
};
struct counter counter_at(unsigned number);
uint64_t counter_value(unsigned number, unsigned page);

/* --pages PORT: serves them until it is ended; each answer is the next page. */
int serve_pages(int port);

struct metrics_peer {
	pid_t server, prometheus;
	int port, page_port;
	const char *every; /* set before the start: the interval of its rules; NULL: 5s */
	bool begins_held;  /* set before the start: no page is served until metrics_peer_go() */
};

/* Starts both, with these rules (a text of YAML, NULL: none). Where page_port is set there is a server already. False: it does not
 * answer. */
bool metrics_peer_start(struct metrics_peer *peer, const char *rules) MUST_CHECK;
void metrics_peer_go(const struct metrics_peer *peer);
void metrics_peer_end(struct metrics_peer *peer);
/* What it answers to GET, with the head; "": it does not. */
void metrics_peer_get(const struct metrics_peer *peer, const char *path, struct str *to);
/* A figure of its own page, the first whose line begins so; NAN: there is none. */
double metrics_peer_figure(const struct metrics_peer *peer, const char *line_begin);

#endif

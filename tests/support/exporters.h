/* SPDX-License-Identifier: MIT */
/*
 * The exporters of Debian, as processes of a test on loopback; and samples as a test compares them, whoever they are from: the
 * labels in order of their names and in their text form (label_pairs.h), those of the scrape (instance, job) apart.
 */
#ifndef BOTSWAIN_TESTS_EXPORTERS_H
#define BOTSWAIN_TESTS_EXPORTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct collected;
struct msg_sample;
struct pg_server;
struct redis_server;

struct exporter {
	pid_t pid;
	int port;
};

/* Is it installed? */
bool has_exporter(const char *program);
/* Starts it and waits until it answers. `streams`: names with commas. */
void exporter_of_redis(
	struct exporter *exporter, const struct redis_server *server, const char *streams);
/* Has the database postgres; `queries`: a file of further ones. */
void exporter_of_postgres(
	struct exporter *exporter, const struct pg_server *server, const char *queries);
void exporter_end(struct exporter *exporter);

struct said {
	char *name, *labels, *instance;
	const char *type; /* "" unknown */
	double low, high; /* of all readings */
	unsigned times;   /* it was read */
};

struct said_list {
	struct said *list;
	size_t count, room;
	void (*each)(
		const struct msg_sample *sample); /* of our sources, as they come; may be NULL */
};

/* The page that it answers with; the caller frees it. Fails the test when there is none. */
char *exporter_page(const struct exporter *exporter) MUST_CHECK;
/* What it says now. */
void exporter_scrape(const struct exporter *exporter, struct said_list *list);
/* Takes what the sources have posted until now. */
void said_take(struct said_list *list, struct collected *collected);
struct said *said_find(
	const struct said_list *list, const char *instance, const char *name, const char *labels);
bool said_has(const struct said_list *list, const char *name);
void said_release(struct said_list *list);

#endif

/* SPDX-License-Identifier: MIT */
#include "tests/support/exporters.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/parse/prom_text.h"
#include "core/series/label_pairs.h"
#include "tests/support/collected.h"
#include "tests/support/servers.h"
#include "tests/support/spawn.h"

enum { START_MS = 15000, SCRAPE_MS = 15000 };

bool has_exporter(const char *program)
{
	autofree char *path = xasprintf("/usr/bin/%s", program);
	return access(path, X_OK) == 0;
}

static char *page_of(const struct exporter *exporter)
{
	char *page = NULL;
	autofree char *url = xasprintf("http://127.0.0.1:%d/metrics", exporter->port);
	int status = spawn_run(WORDS("curl", "-sf", url), &(struct spawn){0}, SCRAPE_MS, &page);
	if (status == 0)
		return page;
	free(page);
	return NULL;
}

static bool answers(const void *exporter)
{
	autofree char *page = page_of(exporter);
	return page != NULL;
}

static void start(struct exporter *exporter, const char *const *argv)
{
	exporter->pid = spawn_start(argv, &(struct spawn){0});
	if (!comes_true(answers, exporter, START_MS))
		fail_msg("%s does not answer", argv[0]);
}

void exporter_of_redis(
	struct exporter *exporter, const struct redis_server *server, const char *streams)
{
	exporter->port = free_port();
	autofree char *address = xasprintf("redis://127.0.0.1:%d", server->port);
	autofree char *listen = xasprintf("127.0.0.1:%d", exporter->port);
	start(exporter, WORDS("/usr/bin/prometheus-redis-exporter", "-redis.addr", address,
				"-web.listen-address", listen, "-include-system-metrics",
				"-check-single-streams", streams));
}

void exporter_of_postgres(
	struct exporter *exporter, const struct pg_server *server, const char *queries)
{
	exporter->port = free_port();
	autofree char *source = xasprintf(
		"postgresql://tester@127.0.0.1:%d/postgres?sslmode=disable", server->port);
	autofree char *listen = xasprintf("--web.listen-address=127.0.0.1:%d", exporter->port);
	autofree char *further = xasprintf("--extend.query-path=%s", queries);
	setenv("DATA_SOURCE_NAME", source, 1);
	start(exporter, WORDS("/usr/bin/prometheus-postgres-exporter", listen, further));
	unsetenv("DATA_SOURCE_NAME");
}

void exporter_end(struct exporter *exporter)
{
	(void)spawn_end(&exporter->pid, SIGKILL);
}

/* ---- samples ---- */

static bool same(
	const struct said *said, const char *instance, const char *name, const char *labels)
{
	return strcmp(said->name, name) == 0 && strcmp(said->labels, labels) == 0 &&
	       strcmp(said->instance, instance) == 0;
}

struct said *said_find(
	const struct said_list *list, const char *instance, const char *name, const char *labels)
{
	for (size_t i = 0; i < list->count; i++)
		if (same(&list->list[i], instance, name, labels))
			return &list->list[i];
	return NULL;
}

bool said_has(const struct said_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->list[i].name, name) == 0)
			return true;
	return false;
}

static struct said *add(
	struct said_list *list, const char *instance, const char *name, const char *labels)
{
	struct said *known = said_find(list, instance, name, labels);
	if (known)
		return known;
	list->list = grow(list->list, list->count, &list->room, sizeof(*list->list));
	known = &list->list[list->count++];
	*known = (struct said){.name = xstrdup(name),
		.labels = xstrdup(labels),
		.instance = xstrdup(instance),
		.type = "",
		.low = INFINITY,
		.high = -INFINITY};
	return known;
}

static void see(struct said *said, double value)
{
	if (isnan(value))
		return;
	said->low = fmin(said->low, value);
	said->high = fmax(said->high, value);
	said->times++;
}

void said_release(struct said_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->list[i].name);
		free(list->list[i].labels);
		free(list->list[i].instance);
	}
	free(list->list);
	*list = (struct said_list){.list = NULL};
}

/* An exporter gives its labels in order of their names; one without a value is none. */
static void write_labels(const struct prom_sample *sample, struct str *text)
{
	for (size_t i = 0; i < sample->label_count; i++) {
		const struct prom_label *label = &sample->labels[i];
		autostr struct str name = STR_INIT, value = STR_INIT;
		prom_label_name(label, &name);
		prom_label_value(label, &value);
		if (value.length)
			label_pairs_add(text, name.text, value.text);
	}
}

char *exporter_page(const struct exporter *exporter)
{
	char *page = page_of(exporter);
	assert_non_null(page);
	return page;
}

void exporter_scrape(const struct exporter *exporter, struct said_list *list)
{
	static const char *const types[] = {[PROM_UNTYPED] = "untyped",
		[PROM_COUNTER] = "counter",
		[PROM_GAUGE] = "gauge",
		[PROM_HISTOGRAM] = "histogram",
		[PROM_SUMMARY] = "summary"};
	autofree char *page = exporter_page(exporter);
	struct prom_reader reader;
	struct prom_sample sample;
	struct err err = {0};
	enum prom_result result;
	prom_begin(&reader, page, strlen(page), PROM_TEXT);
	while ((result = prom_read(&reader, &sample, &err)) == PROM_SAMPLE) {
		autostr struct str labels = STR_INIT;
		autofree char *name = xasprintf("%.*s", (int)sample.name.length, sample.name.text);
		write_labels(&sample, &labels);
		struct said *said = add(list, "", name, labels.text);
		said->type = types[sample.type];
		see(said, sample.value);
	}
	prom_end(&reader);
	if (result != PROM_END)
		fail_msg("%s", err.text);
}

/* instance=main,job=redis,a=b -> main and a=b */
static void take_sample(struct said_list *list, const struct msg_sample *sample)
{
	autostr struct str labels = STR_INIT;
	autofree char *instance = xstrdup("");
	for (const char *at = sample->labels; *at;) {
		size_t length = label_pairs_first(at);
		if (starts_with(at, "instance=")) {
			free(instance);
			instance = xasprintf("%.*s", (int)length - 9, at + 9);
		} else if (!starts_with(at, "job=")) {
			str_addf(&labels, "%s%.*s", labels.length ? "," : "", (int)length, at);
		}
		at += length + (at[length] == ',');
	}
	struct said *said = add(list, instance, sample->name, labels.text);
	see(said, sample->value);
	if (list->each)
		list->each(sample);
}

static void take_message(struct said_list *list, const struct msg_any *message)
{
	const struct msg_obs_samples *samples = message->body;
	const struct msg_obs_redis *redis = message->body;
	const struct msg_obs_postgres *postgres = message->body;
	for (size_t i = 0; message->kind == MSG_obs_samples && i < samples->samples_count; i++)
		take_sample(list, &samples->samples[i]);
	for (size_t i = 0; message->kind == MSG_obs_redis && i < redis->figures_count; i++)
		take_sample(list, &redis->figures[i]);
	for (size_t i = 0; message->kind == MSG_obs_postgres && i < postgres->figures_count; i++)
		take_sample(list, &postgres->figures[i]);
}

void said_take(struct said_list *list, struct collected *collected)
{
	struct parcel parcel;
	while (mailbox_take(collected->mailbox, &parcel, 1)) {
		take_message(list, &parcel.message);
		parcel_release(&parcel);
	}
}

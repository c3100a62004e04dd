/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a rule file of Prometheus, and as a template: read or refused, and every refusal is printable text; what was read is
 * evaluated twice over a small store, and its templates are filled in.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/rulefile/rule_book.h"
#include "core/alert/rulefile/rule_group.h"
#include "core/alert/template/template.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/msg.h"
#include "core/series/labels.h"
#include "core/series/tsdb.h"
#include "tests/fuzz/fuzz.h"

enum { SECOND = 1000, RULES_RUN = 50 };

static const int64_t begin_ms = INT64_C(1790000000) * SECOND;

const char *__lsan_default_suppressions(void);

/* As in fuzz_conf.c. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so\n";
}

static void require_printable(const char *text)
{
	for (; text && *text; text++)
		FUZZ_REQUIRE((unsigned char)*text >= 0x20 || *text == '\n');
}

static void tell(void *context, struct msg_obs_rules *message)
{
	(void)context;
	for (size_t i = 0; i < message->alerts_count; i++)
		require_printable(message->alerts[i].text);
	msg_free(MSG_obs_rules, message);
}

static void put(struct tsdb *tsdb, const char *name, const char *bot, int64_t time_ms)
{
	struct err err;
	struct labels *labels =
		labels_new((const struct label[]){{LABEL_NAME, name}, {"bot", bot}}, 2);
	struct tsdb_series *series = tsdb_refer(tsdb, labels, &err);
	labels_unref(labels);
	(void)tsdb_append(series, time_ms, (double)(time_ms % 7));
	tsdb_release(series);
}

static void run_group(struct rule_group_spec *spec)
{
	struct tsdb *tsdb;
	struct err err;
	FUZZ_REQUIRE(tsdb_open(NULL, NULL, &tsdb, &err));
	struct querier querier = tsdb_querier(tsdb);
	struct rule_group *group = rule_group_new(spec);
	for (int i = 0; i < 2; i++) {
		int64_t now_ms = begin_ms + (int64_t)i * 60 * SECOND;
		put(tsdb, "up", "orders", now_ms);
		put(tsdb, "up", "support", now_ms);
		const struct rule_round round = {.time_ms = now_ms,
			.asked_ms = now_ms,
			.querier = &querier,
			.tsdb = tsdb,
			.tell = tell};
		rule_group_run(group, &round);
	}
	rule_group_free(group);
	tsdb_close(tsdb);
}

static void read_file(const char *text, size_t size)
{
	const struct rule_book_from from = {.interval_ms = 15 * SECOND, .history_ms = SECOND};
	struct rule_book book = {.said = STR_INIT};
	rule_book_parse(&book, &from, "r.yml", text, size);
	FUZZ_REQUIRE(!book.refused || book.said_count);
	require_printable(book.said.text);
	if (book.count && book.loaded < RULES_RUN)
		run_group(&book.groups[0]);
	rule_book_release(&book);
}

static void read_template(const char *text)
{
	struct str made autostr = STR_INIT;
	struct err err = {.code = ERR_NONE};
	int line = 0;
	struct template *template = template_new(text, &line, &err);
	FUZZ_REQUIRE((template == NULL) == (err.code != ERR_NONE));
	if (!template)
		return;
	struct labels *labels = labels_new((const struct label[]){{"bot", "orders"}}, 1);
	template_run(template, &(struct template_scene){.labels = labels, .value = 1.5}, &made);
	FUZZ_REQUIRE(made.length <= TEMPLATE_OUT_MAX + 512);
	labels_unref(labels);
	template_free(template);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xcalloc(1, size + 1);
	if (size)
		memcpy(text, data, size);
	read_file(text, size);
	read_template(text);
	free(text);
	return 0;
}

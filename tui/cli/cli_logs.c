/* SPDX-License-Identifier: MIT */
/* logs: a window on the event store, printed; -f follows until the reader goes away or Ctrl-C. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "core/parse/log_line.h"
#include "tui/cli/cli.h"

enum { ROWS = 1000, FOREVER_MS = 1000 };

struct tail {
	bool follow, done, gone;
	char error[256];
	struct str out;
};

static void print_row(const struct cli *cli, const struct msg_row *row, struct str *out)
{
	if (cli->json || cli->jsonl) {
		size_t start = out->length;
		msg_json(MSG_row, row, out);
		str_insert(out, start + 1, "\"v\":1,", strlen("\"v\":1,"));
		str_addch(out, '\n');
		return;
	}
	str_addf(out, "%s %-16s %c %s\n", format_rfc3339(row->time_ms).text, row->bot,
		log_level_letter((enum log_level)row->level), row->text);
}

static void take_rows(void *context, enum msg_kind kind, const void *body)
{
	struct cli *cli = context;
	struct tail *tail = cli->context;
	const struct msg_win_rows *rows = body;
	if (kind != MSG_win_rows || tail->gone)
		return;
	if (*rows->error) {
		copy_text(tail->error, sizeof(tail->error), rows->error);
		tail->done = true;
		return;
	}
	str_clear(&tail->out);
	for (size_t i = 0; i < rows->rows_count; i++)
		print_row(cli, &rows->rows[i], &tail->out);
	tail->gone = !cli_put(&tail->out);
	tail->done |= rows->done;
}

static bool ended(struct cli *cli)
{
	const struct tail *tail = cli->context;
	return tail->gone || *tail->error || (tail->done && !tail->follow);
}

static void also(struct str *filter, const char *format, const char *value)
{
	if (filter->length)
		str_adds(filter, " and ");
	for (const char *c = format; *c; c++) {
		if (*c != '%') {
			str_addch(filter, *c);
			continue;
		}
		str_addch(filter, '"');
		for (const char *v = value; *v; v++) {
			if (*v == '"' || *v == '\\')
				str_addch(filter, '\\');
			str_addch(filter, *v);
		}
		str_addch(filter, '"');
	}
}

static bool refuse(const char *word, bool has_value)
{
	static const char *const valued[] = {"--bot", "--level", "--grep", "--where"};
	for (size_t i = 0; !has_value && i < COUNT_OF(valued); i++)
		if (strcmp(word, valued[i]) == 0)
			return cli_say(false, "%s needs a value", word);
	cli_refuse("logs", word);
	return false;
}

/* Turns the options into one filter; false: a word that is none. */
static bool read_options(struct tail *tail, struct str *filter, int argc, char **argv)
{
	static const struct {
		const char *option, *term;
	} options[] = {
		{"--bot", "bot=%"}, {"--level", "level>=%"}, {"--grep", "msg~%"}, {"--where", ""}};
	for (int i = 1; i < argc; i++) {
		bool known = strcmp(argv[i], "-f") == 0;
		tail->follow |= known;
		for (size_t o = 0; !known && o < COUNT_OF(options); o++) {
			if (strcmp(argv[i], options[o].option) != 0 || i + 1 >= argc)
				continue;
			known = true;
			i++;
			if (*options[o].term)
				also(filter, options[o].term, argv[i]);
			else
				str_addf(filter, "%s(%s)", filter->length ? " and " : "", argv[i]);
		}
		if (!known)
			return refuse(argv[i], i + 1 < argc);
	}
	return true;
}

static void wait_for_end(struct cli *cli, bool follow)
{
	while (!cli_until(cli, ended, follow ? FOREVER_MS : cli->wait_ms))
		if (!follow || client_state(cli->client) != CLIENT_ATTACHED)
			return;
}

static void read_window(struct cli *cli, struct tail *tail, char *filter)
{
	struct msg_win_open open = {.window = 1,
		.generation = 1,
		.store = (char *)(uintptr_t) "events",
		.filter = filter,
		.before = ROWS,
		.follow = tail->follow};
	cli->take = take_rows;
	cli->context = tail;
	client_send(cli->client, MSG_win_open, &open);
	wait_for_end(cli, tail->follow);
	cli->context = NULL;
	cli->take = NULL;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct tail tail = {.out = STR_INIT};
	autostr struct str filter = STR_INIT;
	if (!read_options(&tail, &filter, argc, argv))
		return CLI_USAGE;
	read_window(cli, &tail, filter.text);
	str_release(&tail.out);
	if (*tail.error)
		return cli_say(CLI_USAGE, "%s\n  the filter: %s", tail.error, filter.text);
	return tail.done || tail.gone ? CLI_OK : cli_say(CLI_UNKNOWN, "the engine did not answer");
}

extern const struct cli_command cli_logs;
const struct cli_command cli_logs = {
	.name = "logs",
	.args = "[-f] [--bot B] [--level L] [--grep RE] [--where FILTER]",
	.help = "the merged log of files and streams, newest last",
	.engine = true,
	.run = run,
};

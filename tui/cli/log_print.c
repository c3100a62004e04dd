/* SPDX-License-Identifier: MIT */
#include "tui/cli/log_print.h"

#include "core/base/format.h"
#include "core/msg/msg.h"
#include "core/parse/log_level.h"
#include "tui/cli/cli.h"

enum { PUT_BYTES = 256 << 10 };

void log_print_release(struct log_print *print)
{
	str_release(&print->out);
}

static void add_text(
	const struct cli *cli, size_t engine, const struct msg_row *row, struct str *to)
{
	str_addf(to, "%s %s%s%-16s %c ", format_rfc3339(row->time_ms).text,
		cli->engines[engine].name, cli_is_many(cli) ? " " : "",
		row->bot[0] ? row->bot : row->source, log_level_letter((enum log_level)row->level));
	str_adds(to, row->text);
}

/* Of several engines its name stands in front; a line for itself says which form it has. */
static void add_json(
	const struct cli *cli, size_t engine, const struct msg_row *row, struct str *to)
{
	autostr struct str first = STR_INIT;
	size_t start = to->length;
	msg_json(MSG_row, row, to);
	if (cli->jsonl)
		str_adds(&first, "\"v\":1,");
	if (cli_is_many(cli))
		cli_add_host(cli, engine, &first);
	if (first.length)
		str_insert(to, start + 1, first.text, first.length);
}

void log_print_line(const struct cli *cli, size_t engine, const struct msg_row *row, struct str *to)
{
	if (cli->json || cli->jsonl)
		add_json(cli, engine, row, to);
	else
		add_text(cli, engine, row, to);
	str_addch(to, '\n');
}

static void begin(struct log_print *print, const struct cli *cli)
{
	if (cli->json && !cli->jsonl && !print->has_begun)
		str_adds(&print->out, "{\"v\":1,\"logs\":[\n");
	print->has_begun = true;
}

void log_print_row(
	struct log_print *print, const struct cli *cli, size_t engine, const struct msg_row *row)
{
	begin(print, cli);
	if (cli->json && !cli->jsonl && print->has_rows)
		str_addch(&print->out, ',');
	print->has_rows = true;
	log_print_line(cli, engine, row, &print->out);
	if (print->out.length >= PUT_BYTES)
		log_print_flush(print);
}

void log_print_flush(struct log_print *print)
{
	if (print->out.length && !print->is_gone)
		print->is_gone = !cli_put(&print->out);
	str_clear(&print->out);
}

void log_print_end(struct log_print *print, const struct cli *cli)
{
	begin(print, cli);
	if (cli->json && !cli->jsonl)
		str_adds(&print->out, "]}\n");
	log_print_flush(print);
}

/* SPDX-License-Identifier: MIT */
/*
 * logs: windows on the event store: the past (log_past.h), printed; -f follows until the reader goes away, Ctrl-C, or the
 * engine's end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/log_line.h"
#include "tui/cli/cli.h"
#include "tui/cli/log_past.h"
#include "tui/cli/merge.h"
#include "tui/window.h"

/* LINES: of the past, where nothing else is said; FOLLOWED: before what is followed. */
enum {
	LINES = 1000,
	FOLLOWED = 10,
	LINES_MAX = 1000000000,
	PUT_BYTES = 256 << 10,
	FOREVER_MS = 1000
};

/* An answer comes in parts, and later ones add to it or replace it: what was printed is known by its
 * key. */
struct reader {
	struct window window; /* the end */
	bool has_end;         /* is there */
	char **seen;          /* keys, sorted */
	size_t seen_count;
};

struct tail {
	struct reader readers[WAYS_MAX]; /* one an engine that is asked */
	struct log_past pasts[WAYS_MAX]; /* likewise */
	struct str filter;
	size_t lines;    /* of the past that are printed, at most */
	bool is_bounded; /* it was said how much of the past */
	bool is_counted; /* in lines */
	uint64_t parts;  /* of answers that have come: grows while there is something to wait for */
	bool follow, begun, gone;
	char error[256];
	struct str out;
	struct merge *merge; /* what several engines say as it happens */
};

/* Of several engines its name stands in front. */
static void print_row(
	const struct cli *cli, size_t engine, const struct msg_row *row, struct str *out)
{
	bool many = cli_is_many(cli);
	if (cli->json || cli->jsonl) {
		autostr struct str first = STR_INIT;
		size_t start = out->length;
		msg_json(MSG_row, row, out);
		str_adds(&first, "\"v\":1,");
		if (many)
			cli_add_host(cli, engine, &first);
		str_insert(out, start + 1, first.text, first.length);
		str_addch(out, '\n');
		return;
	}
	str_addf(out, "%s %s%s%-16s %c %s\n", format_rfc3339(row->time_ms).text,
		cli->engines[engine].name, many ? " " : "", row->bot[0] ? row->bot : row->source,
		log_level_letter((enum log_level)row->level), row->text);
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_seen(const struct reader *tail, const char *key)
{
	return tail->seen_count && bsearch(&key, tail->seen, tail->seen_count, sizeof(*tail->seen),
					   compare_keys) != NULL;
}

static void forget_seen(struct reader *tail)
{
	for (size_t i = 0; i < tail->seen_count; i++)
		free(tail->seen[i]);
	free(tail->seen);
	tail->seen = NULL;
	tail->seen_count = 0;
}

static void remember(struct reader *tail)
{
	forget_seen(tail);
	const struct window *window = &tail->window;
	tail->seen = xcalloc(window->count + 1, sizeof(*tail->seen));
	for (size_t i = 0; i < window->count; i++)
		tail->seen[tail->seen_count++] = xstrdup(window->rows[i].key);
	if (tail->seen_count)
		qsort(tail->seen, tail->seen_count, sizeof(*tail->seen), compare_keys);
}

/* Nobody who asked for no number is to take the newest lines for all. */
static void say_more(const struct cli *cli, const struct tail *tail, size_t left_out)
{
	bool has_more = left_out > 0;
	for (size_t i = 0; i < cli->engine_count; i++)
		has_more |= tail->pasts[i].has_more;
	if (has_more && !tail->is_bounded && !tail->follow)
		cli_say(0,
			"these are the newest %zu lines, there are older ones: -n all prints all "
			"that the engine holds",
			tail->lines);
}

/* The past of all engines, the newest lines of it. */
static void print_past(const struct cli *cli, struct tail *tail)
{
	size_t count;
	autofree struct past_line *lines = log_past_list(cli, tail->pasts, &count);
	size_t left_out = count > tail->lines ? count - tail->lines : 0;
	str_clear(&tail->out);
	tail->begun = true;
	for (size_t i = left_out; i < count && !tail->gone; i++) {
		print_row(cli, lines[i].engine, lines[i].row, &tail->out);
		if (tail->out.length < PUT_BYTES && i + 1 < count)
			continue;
		tail->gone = !cli_put(&tail->out);
		str_clear(&tail->out);
	}
	say_more(cli, tail, left_out);
	for (size_t i = 0; i < cli->engine_count; i++)
		log_past_forget(&tail->pasts[i]);
}

/* What several engines say is held for a moment, so that it stands in the order in which it happened. */
static void print_new(
	const struct cli *cli, struct tail *tail, size_t engine, const struct msg_row *row)
{
	autostr struct str line = STR_INIT;
	if (!cli_is_many(cli)) {
		print_row(cli, engine, row, &tail->out);
		return;
	}
	print_row(cli, engine, row, &line);
	merge_add(tail->merge, row->time_ms - log_skew_ms(cli, engine), engine,
		clock_mono_ms(clock_real()), line.text, line.length);
}

/* What is not on paper yet. Without a line in common some may have come and gone in between. */
static void print_news(const struct cli *cli, struct tail *tail, size_t engine)
{
	struct reader *reader = &tail->readers[engine];
	const struct window *window = &reader->window;
	size_t known = 0;
	str_clear(&tail->out);
	for (size_t i = 0; i < window->count; i++)
		if (is_seen(reader, window->rows[i].key))
			known++;
		else
			print_new(cli, tail, engine, &window->rows[i]);
	if (reader->seen_count && !known && window->count)
		cli_say(0, "lines came faster than they could be followed: some are missing here");
	tail->gone = !cli_put(&tail->out);
	remember(reader);
}

/* Each that can still answer has done so. */
static bool all_whole(const struct cli *cli, const struct tail *tail)
{
	for (size_t i = 0; i < cli->engine_count; i++)
		if (tail->readers[i].window.asked && !tail->pasts[i].is_whole &&
			client_state(cli->engines[i].client) == CLIENT_ATTACHED)
			return false;
	return true;
}

/* What came while the past was still on its way follows it. */
static void begin(const struct cli *cli, struct tail *tail)
{
	print_past(cli, tail);
	for (size_t i = 0; i < cli->engine_count && tail->follow && !tail->gone; i++)
		if (tail->readers[i].has_end)
			print_news(cli, tail, i);
}

static void take_end(struct cli *cli, struct tail *tail, struct reader *reader)
{
	copy_text(tail->error, sizeof(tail->error), reader->window.error);
	if (!reader->window.done || tail->error[0])
		return;
	if (tail->begun) {
		reader->has_end = true;
		print_news(cli, tail, cli->speaker);
	} else if (!reader->has_end) {
		reader->has_end = true;
		remember(reader);
		log_past_take(&tail->pasts[cli->speaker], &reader->window,
			cli->engines[cli->speaker].client, tail->filter.text, tail->lines);
	}
}

static void take_older(const struct cli *cli, struct tail *tail, struct log_past *past)
{
	copy_text(tail->error, sizeof(tail->error), past->older.error);
	if (!tail->error[0])
		log_past_take(past, &past->older, cli->engines[cli->speaker].client,
			tail->filter.text, tail->lines);
}

static void take_rows(void *context, enum msg_kind kind, const void *body)
{
	struct cli *cli = context;
	struct tail *tail = cli->context;
	struct reader *reader = &tail->readers[cli->speaker];
	struct log_past *past = &tail->pasts[cli->speaker];
	if (kind != MSG_win_rows || tail->gone)
		return;
	tail->parts++;
	if (window_take(&reader->window, kind, body))
		take_end(cli, tail, reader);
	else if (window_take(&past->older, kind, body) && past->older.done)
		take_older(cli, tail, past);
	if (!tail->begun && !tail->error[0] && past->is_whole && all_whole(cli, tail))
		begin(cli, tail);
}

static bool has_any(const struct cli *cli, const struct tail *tail)
{
	for (size_t i = 0; i < cli->engine_count; i++)
		if (tail->readers[i].has_end)
			return true;
	return false;
}

static void print_held(struct tail *tail)
{
	str_clear(&tail->out);
	merge_take(tail->merge, clock_mono_ms(clock_real()), &tail->out);
	tail->gone |= tail->out.length && !cli_put(&tail->out);
}

static bool ended(struct cli *cli)
{
	struct tail *tail = cli->context;
	print_held(tail);
	/* The last one that was waited for has gone. */
	if (!tail->begun && !*tail->error && has_any(cli, tail) && all_whole(cli, tail))
		begin(cli, tail);
	return tail->gone || *tail->error || (tail->begun && !tail->follow);
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

/* ---- the options: one function each; false: its value was refused, and that was said ---- */

static bool take_bot(struct cli *cli, struct tail *tail, const char *value)
{
	also(&tail->filter, "bot=%", value);
	return cli->file_count || strcmp(value, "botswain") == 0 || cli_has_bot(cli, value);
}

static bool take_level(struct cli *cli, struct tail *tail, const char *value)
{
	(void)cli;
	also(&tail->filter, "level>=%", value);
	return true;
}

static bool take_grep(struct cli *cli, struct tail *tail, const char *value)
{
	(void)cli;
	also(&tail->filter, "msg~%", value);
	return true;
}

static bool take_where(struct cli *cli, struct tail *tail, const char *value)
{
	(void)cli;
	str_addf(&tail->filter, "%s(%s)", tail->filter.length ? " and " : "", value);
	return true;
}

static bool take_lines(struct cli *cli, struct tail *tail, const char *value)
{
	(void)cli;
	char *end = NULL;
	bool is_number = value[0] >= '0' && value[0] <= '9';
	long lines = is_number ? strtol(value, &end, 10) : LINES_MAX;
	if (is_number ? *end || lines > LINES_MAX : strcmp(value, "all") != 0)
		return cli_say(
			false, "-n takes a number up to %d, or all; not '%s'", LINES_MAX, value);
	tail->lines = (size_t)lines;
	tail->is_bounded = tail->is_counted = true;
	return true;
}

/* The moment is fixed now, by the engine's clock: what is followed does not age out of it. */
static bool take_since(struct cli *cli, struct tail *tail, const char *value)
{
	struct err err = {.code = ERR_NONE};
	int64_t ago_ms;
	if (!parse_duration(value, &ago_ms, &err))
		return cli_say(false, "--since: %s", err.text);
	also(&tail->filter, "time>=%", format_rfc3339(cli_now_ms(cli, cli->current) - ago_ms).text);
	tail->is_bounded = true;
	return true;
}

static const struct {
	const char *name;
	bool (*take)(struct cli *cli, struct tail *tail, const char *value);
} options[] = {
	{"-n", take_lines},
	{"--since", take_since},
	{"--bot", take_bot},
	{"--level", take_level},
	{"--grep", take_grep},
	{"--where", take_where},
};

static size_t option_of(const char *word)
{
	size_t at = 0;
	while (at < COUNT_OF(options) && strcmp(word, options[at].name) != 0)
		at++;
	return at;
}

/* Words that are no option and no value of one. */
static size_t find_files(int argc, char **argv, const char **ret_files, size_t most)
{
	size_t count = 0;
	bool is_guarded = false;
	for (int i = 1; i < argc; i++) {
		bool is_word = is_guarded || argv[i][0] != '-';
		if (is_word && count < most)
			ret_files[count++] = argv[i];
		is_guarded |= !is_word && strcmp(argv[i], "--") == 0;
		i += !is_word && option_of(argv[i]) < COUNT_OF(options);
	}
	return count;
}

/* Turns the options into one filter; false: a word that is none, or no value for it. */
static bool read_options(struct cli *cli, struct tail *tail, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t o = option_of(argv[i]);
		if (strcmp(argv[i], "-f") == 0) {
			tail->follow = true;
			continue;
		}
		if (strcmp(argv[i], "--") == 0)
			break;
		if (argv[i][0] != '-')
			continue; /* a file */
		if (o == COUNT_OF(options))
			return cli_refuse("logs", argv[i]) == CLI_OK;
		if (++i == argc)
			return cli_say(false, "%s needs a value", options[o].name);
		if (!options[o].take(cli, tail, argv[i]))
			return false;
	}
	if (tail->is_bounded && !tail->is_counted)
		tail->lines = LINES_MAX;
	else if (tail->follow && !tail->is_bounded)
		tail->lines = FOLLOWED;
	return true;
}

/* As long as something comes: many pages take longer than one answer may. */
static void wait_for_end(struct cli *cli, const struct tail *tail)
{
	uint64_t parts;
	do {
		parts = tail->parts;
		if (cli_until_any(cli, ended, tail->follow ? FOREVER_MS : cli->wait_ms))
			return;
	} while (cli_any_left(cli) && (tail->follow || tail->parts != parts));
}

static void read_window(struct cli *cli, struct tail *tail)
{
	struct msg_win_open open = {.window = WINDOW_LOGS,
		.generation = 1,
		.store = (char *)(uintptr_t) "events",
		.filter = tail->filter.text,
		.before = LOG_PAGE_ROWS,
		.follow = tail->follow};
	cli->take = take_rows;
	cli->context = tail;
	for (size_t i = 0; i < cli->engine_count; i++) {
		struct window *window = &tail->readers[i].window;
		window_init(window, WINDOW_LOGS);
		log_past_init(&tail->pasts[i]);
		window->wish.generation = open.generation;
		window->asked = cli_takes(cli, i);
		if (window->asked)
			client_send(cli->engines[i].client, MSG_win_open, &open);
	}
	wait_for_end(cli, tail);
	cli->context = NULL;
	cli->take = NULL;
}

static int result(const struct cli *cli, const struct tail *tail)
{
	if (*tail->error)
		return cli_say(CLI_USAGE, "%s\n  the filter: %s", tail->error, tail->filter.text);
	if (tail->gone || (tail->begun && !tail->follow))
		return CLI_OK;
	return cli_unknown(cli, tail->begun ? "no more lines come" : "no answer came");
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct tail tail = {
		.filter = STR_INIT, .out = STR_INIT, .lines = LINES, .merge = merge_new()};
	int status = CLI_USAGE;
	if (read_options(cli, &tail, argc, argv)) {
		read_window(cli, &tail);
		str_clear(&tail.out);
		merge_end(tail.merge, &tail.out);
		tail.gone |= !cli_put(&tail.out);
		status = result(cli, &tail);
		for (size_t i = 0; i < cli->engine_count; i++) {
			window_release(&tail.readers[i].window);
			log_past_release(&tail.pasts[i]);
			forget_seen(&tail.readers[i]);
		}
	}
	str_release(&tail.filter);
	str_release(&tail.out);
	merge_free(tail.merge);
	return status;
}

extern const struct cli_command cli_logs;
const struct cli_command cli_logs = {
	.name = "logs",
	.args = "[-f] [-n N|all] [--since 15m] [--bot B] [--level L] [--grep RE] [--where FILTER] "
		"[FILE...]",
	.help = "the merged log of files and streams, newest last; -f follows it from the last 10 "
		"lines on",
	.engine = true,
	.files = find_files,
	.run = run,
};

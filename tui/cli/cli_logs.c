/* SPDX-License-Identifier: MIT */
/*
 * logs: the words of the command line become one filter and a wish (log_tail.h); -f follows until the reader goes away, Ctrl-C,
 * the engine's end, or that of standard input.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/str.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"
#include "tui/cli/cli.h"
#include "tui/cli/log_tail.h"
#include "tui/cli/log_past.h"
#include "tui/cli/spool.h"

/* LINES: of the past, where nothing else is said; FOLLOWED: before what is followed. */
enum { LINES = 1000, FOLLOWED = 10, LINES_MAX = 1000000000 };

struct words {
	struct str filter;
	struct log_wish wish;
	bool is_counted; /* it was said how many lines */
};

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

/* As people count: from 1, and no character behind the last. */
static size_t character_at(const char *text, size_t at)
{
	size_t length = strlen(text), character = 0;
	for (size_t i = 0; i < length && i <= at; i++)
		character += ((unsigned char)text[i] & 0xc0) != 0x80;
	return character ? character : 1;
}

/* Each term is looked at by itself first, so that what is said is of the text that was typed: it begins `before` bytes into the
 * term. */
static bool stands(
	struct cli *cli, const char *option, const char *value, const char *term, size_t before)
{
	struct err err = {.code = ERR_NONE};
	const struct filter_schema schema = log_schema(cli_now_ms(cli, cli->current), 0);
	size_t at;
	struct filter *filter = filter_new(term, &schema, &at, &err);
	if (filter) {
		filter_free(filter);
		return true;
	}
	const char *said = strstr(err.text, ": ");
	return cli_say(false, "%s '%s', at character %zu: %s", option, value,
		character_at(value, at > before ? at - before : 0), said ? said + 2 : err.text);
}

static bool take_quoted(struct cli *cli, struct words *words, const char *option,
	const char *format, const char *value)
{
	autostr struct str term = STR_INIT;
	also(&term, format, value);
	also(&words->filter, format, value);
	return stands(cli, option, value, term.text, strcspn(format, "%") + 1);
}

/* ---- the options: one function each; false: its value was refused, and that was said ---- */

static bool take_bot(struct cli *cli, struct words *words, const char *value)
{
	bool is_pattern = strpbrk(value, "*?") && !strpbrk(value, " \t\"()");
	if (is_pattern)
		str_addf(&words->filter, "%sbot=%s", words->filter.length ? " and " : "", value);
	else
		also(&words->filter, "bot=%", value);
	return is_pattern || cli_has_files(cli) || strcmp(value, "botswain") == 0 ||
	       cli_has_bot(cli, value);
}

static bool take_level(struct cli *cli, struct words *words, const char *value)
{
	return take_quoted(cli, words, "--level", "level>=%", value);
}

static bool take_grep(struct cli *cli, struct words *words, const char *value)
{
	return take_quoted(cli, words, "--grep", "~%", value);
}

static bool take_where(struct cli *cli, struct words *words, const char *value)
{
	if (!value[strspn(value, " \t")])
		return cli_say(false, "--where needs a filter, not '%s'", value);
	str_addf(&words->filter, "%s(%s)", words->filter.length ? " and " : "", value);
	return stands(cli, "--where", value, value, 0);
}

static bool take_lines(struct cli *cli, struct words *words, const char *value)
{
	(void)cli;
	char *end = NULL;
	bool is_number = value[0] >= '0' && value[0] <= '9';
	long lines = is_number ? strtol(value, &end, 10) : LINES_MAX;
	if (is_number ? *end || lines > LINES_MAX : strcmp(value, "all") != 0)
		return cli_say(
			false, "-n takes a number up to %d, or all; not '%s'", LINES_MAX, value);
	words->wish.lines = is_number ? (size_t)lines : LOG_ALL;
	words->wish.is_bounded = words->is_counted = true;
	return true;
}

/* A span before now, or a time as filters have it. A span is fixed now, by the engine's clock: what is followed does not age out
 * of it. */
static bool take_time(
	struct cli *cli, struct words *words, const char *option, const char *op, const char *value)
{
	struct err err = {.code = ERR_NONE}, ignored = {.code = ERR_NONE};
	autostr struct str term = STR_INIT;
	int64_t now_ms = cli_now_ms(cli, cli->current), ago_ms;
	size_t at;
	str_addf(&term, "time%s%s", op,
		parse_duration(value, &ago_ms, &err) ? format_rfc3339(now_ms - ago_ms).text
						     : value);
	const struct filter_schema schema = log_schema(now_ms, 0);
	struct filter *filter = filter_new(term.text, &schema, &at, &ignored);
	bool is_one =
		filter && filter_compares(filter, LOG_COLUMN_TIME) && !strpbrk(value, " \t\"()");
	filter_free(filter);
	if (!is_one)
		return cli_say(false,
			"%s takes a span as 15m, or a time as 10:00 or "
			"2026-11-20T10:00:00Z; not '%s': %s",
			option, value, err.text);
	str_addf(&words->filter, "%s%s", words->filter.length ? " and " : "", term.text);
	words->wish.is_bounded = true;
	return true;
}

static bool take_since(struct cli *cli, struct words *words, const char *value)
{
	return take_time(cli, words, "--since", ">=", value);
}

static bool take_until(struct cli *cli, struct words *words, const char *value)
{
	return take_time(cli, words, "--until", "<", value);
}

static const struct {
	const char *name;
	bool (*take)(struct cli *cli, struct words *words, const char *value);
} options[] = {
	{"-n", take_lines},
	{"--since", take_since},
	{"--until", take_until},
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

/* It is one, and this machine has it as a file. */
static bool is_input(const char *word)
{
	return strcmp(word, "-") == 0 || strcmp(word, "/dev/stdin") == 0;
}

static bool take_input(struct cli *cli, bool follow)
{
	struct err err = {.code = ERR_NONE};
	struct stat status;
	if (!cli->input && !spool_input(follow, &cli->input, &err))
		return cli_say(false, "%s", err.text);
	cli->input_ends = fstat(cli->input, &status) == 0 && !S_ISREG(status.st_mode);
	return true;
}

static bool has_word(int argc, char **argv, const char *word)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], word) == 0)
			return true;
		i += option_of(argv[i]) < COUNT_OF(options);
	}
	return false;
}

/* Words that are no option and no value of one. */
static bool find_files(struct cli *cli, int argc, char **argv)
{
	bool is_guarded = false, follow = has_word(argc, argv, "-f");
	for (int i = 1; i < argc; i++) {
		bool is_word = is_guarded || argv[i][0] != '-' || !argv[i][1];
		if (is_word && cli->file_count == CLI_FILES_MAX)
			return cli_say(false, "more than %d files", CLI_FILES_MAX);
		if (is_word && is_input(argv[i])) {
			if (!take_input(cli, follow))
				return false;
		} else if (is_word) {
			cli->files[cli->file_count++] = argv[i];
		}
		is_guarded |= !is_word && strcmp(argv[i], "--") == 0;
		i += !is_word && option_of(argv[i]) < COUNT_OF(options);
	}
	return true;
}

static bool read_option(struct cli *cli, struct words *words, int argc, char **argv, int *at)
{
	const char *word = argv[*at];
	size_t o = option_of(word);
	if (o == COUNT_OF(options))
		return cli_refuse("logs", word) == CLI_OK;
	if (++*at == argc)
		return cli_say(false, "%s needs a value", options[o].name);
	return options[o].take(cli, words, argv[*at]);
}

static bool is_input_alone(const struct cli *cli)
{
	return cli->input_ends && !cli->file_count;
}

static void settle(const struct cli *cli, struct words *words)
{
	struct log_wish *wish = &words->wish;
	bool is_all = wish->is_bounded ? !words->is_counted : wish->follow && is_input_alone(cli);
	if (is_all)
		wish->lines = LOG_ALL;
	else if (wish->follow && !wish->is_bounded)
		wish->lines = FOLLOWED;
	wish->until_end = wish->follow && is_input_alone(cli);
	wish->filter = words->filter.text ? words->filter.text : "";
}

/* Turns the options into one filter; false: a word that is none, or no value for it. */
static bool read_options(struct cli *cli, struct words *words, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "-f") == 0)
			words->wish.follow = true;
		else if (argv[i][0] == '-' && argv[i][1] &&
			 !read_option(cli, words, argc, argv, &i))
			return false;
	}
	if (words->wish.follow && cli->json && !cli->jsonl)
		return cli_say(
			false, "--json is one document, which has an end: follow with --jsonl");
	settle(cli, words);
	return true;
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct words words = {.filter = STR_INIT, .wish = {.lines = LINES}};
	int status = CLI_USAGE;
	if (read_options(cli, &words, argc, argv))
		status = log_tail_run(cli, &words.wish);
	str_release(&words.filter);
	return status;
}

extern const struct cli_command cli_logs;
const struct cli_command cli_logs = {
	.name = "logs",
	.args = "[-f] [-n N|all] [--since T] [--until T] [--bot B] [--level L] [--grep RE] "
		"[--where FILTER] [--json|--jsonl] [FILE|-...]",
	.help = "the merged log of files and streams, newest last; - is standard input; -f follows "
		"it from the last 10 lines on",
	.engine = true,
	.files = find_files,
	.run = run,
};

/* SPDX-License-Identifier: MIT */
#include "tui/cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/sanitize.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client_tunnel.h"

enum {
	WAIT_MS = 5000,
	ATTACH_MS = 5000,
	START_MS = 15000, /* for an action: the engine before may take so long to end */
	POLL_MS = 100,
	MARGIN_MS = 15000,
	ARGS_WIDTH = 30,
};
#define INDENT "\n                                              "

/* clang-format off */
#define CLI(id) extern const struct cli_command cli_##id;
#include "tui/cli/clis.def"
#undef CLI
#define CLI(id) &cli_##id,
static const struct cli_command *const commands[] = {
#include "tui/cli/clis.def"
};
/* clang-format on */

const struct cli_command *cli_at(size_t index)
{
	return index < COUNT_OF(commands) ? commands[index] : NULL;
}

const struct cli_command *cli_find(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (strcmp(commands[i]->name, word) == 0)
			return commands[i];
	return NULL;
}

bool cli_knows(const char *word)
{
	return cli_find(word) != NULL;
}

int cli_no_such(const char *word)
{
	autostr struct str names = STR_INIT;
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		str_addf(&names, "%s%s", i ? ", " : "", commands[i]->name);
	return cli_say(CLI_USAGE, "no such subcommand: '%s'; see botswain --help; there are %s",
		word, names.text);
}

void cli_help(struct str *to)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		str_addf(to, "  %-13s %-30s%s %s\n", commands[i]->name, commands[i]->args,
			strlen(commands[i]->args) > ARGS_WIDTH ? INDENT : "", commands[i]->help);
}

int cli_say(int status, const char *format, ...)
{
	autostr struct str said = STR_INIT, safe = STR_INIT;
	va_list args;
	va_start(args, format);
	str_vaddf(&said, format, args);
	va_end(args);
	sanitize_as(&safe, said.text, said.length, SANITIZE_ROWS); /* it may name what was typed */
	fprintf(stderr, "botswain: %s\n", safe.text);
	return status;
}

int cli_say_no_settings(const char *given, const struct err *err)
{
	bool absent = !given && err->code == ERR_NOT_FOUND;
	return cli_say(CLI_USAGE, "%s%s", err->text,
		absent ? "\nlog files need none: botswain -- FILE... or some-program | botswain "
			 "logs -"
		       : "");
}

int cli_unknown(const struct cli *cli, const char *what)
{
	if (client_state(cli->client) != CLIENT_LOST || cli_is_many(cli))
		return cli_say(CLI_UNKNOWN, "%s", what);
	return cli_say(CLI_UNKNOWN, "the engine left: %s; %s", client_why(cli->client), what);
}

int cli_refuse(const char *command, const char *word)
{
	return cli_say(CLI_USAGE, "'%s' is no option of %s; see botswain %s --help", word, command,
		command);
}

static int put_error; /* of errno; why standard output did not take everything */

/* Who gave us standard output may have made it non-blocking. */
static bool may_go_on(int error)
{
	struct pollfd slot = {.fd = STDOUT_FILENO, .events = POLLOUT};
	if (error == EAGAIN)
		(void)poll(&slot, 1, -1);
	return error == EAGAIN || error == EINTR;
}

bool cli_put(const struct str *text)
{
	for (size_t done = 0; done < text->length;) {
		ssize_t wrote = write(STDOUT_FILENO, text->text + done, text->length - done);
		if (wrote < 0 && !may_go_on(errno)) {
			put_error = errno;
			return false;
		}
		if (wrote > 0)
			done += (size_t)wrote;
	}
	return true;
}

int cli_finish(int status)
{
	if (put_error == 0 && fflush(stdout) != 0)
		put_error = errno;
	if (put_error == 0 || put_error == EPIPE)
		return status;
	return cli_say(status == CLI_OK ? CLI_FAILURE : status,
		"cannot write to standard output: %s", strerror(put_error));
}

/* A span: neither clock of the machine need be right. */
int64_t cli_patience_ms(const struct msg_operation *operation)
{
	return operation->deadline_ms - operation->started_ms + MARGIN_MS;
}

int64_t cli_now_ms(const struct cli *cli, size_t engine)
{
	const struct client *client = cli->engines[engine].client;
	int64_t turn = client ? client_turn_wall_ms(client) : 0;
	return turn ? turn : clock_wall_ms(clock_real());
}

/* Once; where it is the only one, the command says it with what it did not get. */
static void say_lost(const struct cli *cli, struct cli_engine *engine)
{
	if (!cli_is_many(cli) || engine->why[0])
		return;
	copy_text(engine->why, sizeof(engine->why), client_why(engine->client));
	cli_say(0, "%s: the engine left: %s", engine->name, engine->why);
}

/* Reads what all have to say: one that is not read from for long hangs up. */
static void pump_all(struct cli *cli)
{
	for (size_t i = 0; i < cli->engine_count; i++) {
		struct cli_engine *engine = &cli->engines[i];
		if (!engine->client)
			continue;
		cli->speaker = i;
		client_pump(
			engine->client, engine->model, clock_mono_ms(clock_real()), cli->take, cli);
		if (client_state(engine->client) == CLIENT_LOST)
			say_lost(cli, engine);
	}
}

/* What is waited for; what was asked since they were read from has still to go out. */
static nfds_t find_fds(const struct cli *cli, struct pollfd *ret_fds)
{
	nfds_t count = 0;
	for (size_t i = 0; i < cli->engine_count; i++) {
		struct client *client = cli->engines[i].client;
		if (!client || client_state(client) == CLIENT_LOST)
			continue;
		short events = client_wants_write(client) ? POLLIN | POLLOUT : POLLIN;
		ret_fds[count++] = (struct pollfd){.fd = client_fd(client), .events = events};
	}
	return count;
}

static bool current_is_left(const struct cli *cli)
{
	return client_state(cli->client) != CLIENT_LOST;
}

static bool wait_until(struct cli *cli, bool (*done)(struct cli *cli), int64_t limit_ms,
	bool (*is_left)(const struct cli *cli))
{
	const struct clock *clock = clock_real();
	int64_t end = clock_mono_ms(clock) + limit_ms;
	for (;;) {
		struct pollfd fds[WAYS_MAX];
		pump_all(cli);
		if (done(cli))
			return true;
		int64_t left = end - clock_mono_ms(clock);
		if (left <= 0 || !is_left(cli))
			return false;
		nfds_t count = find_fds(cli, fds);
		poll(fds, count, left < POLL_MS ? (int)left : POLL_MS);
	}
}

bool cli_until(struct cli *cli, bool (*done)(struct cli *cli), int64_t limit_ms)
{
	return wait_until(cli, done, limit_ms, current_is_left);
}

bool cli_until_any(struct cli *cli, bool (*done)(struct cli *cli), int64_t limit_ms)
{
	return wait_until(cli, done, limit_ms, cli_any_left);
}

/* Its token, process and heartbeat were looked at once, as far as they are configured. */
static bool is_looked_at(const struct msg_bot *bot)
{
	return strcmp(bot->state, "checking") != 0 && strcmp(bot->tg_state, "checking") != 0 &&
	       (strcmp(bot->proc_state, "unknown") != 0 || bot->proc_at_ms) &&
	       (strcmp(bot->hb_state, "unknown") != 0 || bot->hb_seen_ms);
}

/* Something is configured that becomes a source, as soon as the engine has begun. */
static bool has_sources(const struct settings *settings)
{
	return settings->bot_count || settings->redis_count || settings->postgres_count ||
	       settings->log_count || settings->check_count;
}

static bool are_checked(const struct cli_engine *engine)
{
	size_t count;
	const struct msg_check *const *checks = model_checks(engine->model, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(checks[i]->state, "checking") == 0)
			return false;
	return true;
}

/* The streams of a Redis are a source beside its figures, and may answer later. */
static bool has_streams(const struct cli *cli, const struct cli_engine *engine)
{
	size_t count;
	const struct msg_source *const *sources = model_sources(engine->model, &count);
	for (size_t i = 0; i < cli->settings->redis_count; i++) {
		const struct conf_redis *redis = &cli->settings->redis[i];
		autofree char *name = xasprintf("%s:streams", redis->name);
		bool is_there = redis->stream_count == 0;
		for (size_t j = 0; j < count && !is_there; j++)
			is_there = strcmp(sources[j]->name, name) == 0;
		if (!is_there)
			return false;
	}
	return true;
}

/* Every source has answered, and so has every bot that is asked; without a token that can be read there is none. */
static bool has_answered(const struct cli *cli, const struct cli_engine *engine)
{
	size_t count, checks;
	(void)model_checks(engine->model, &checks);
	const struct msg_source *const *sources = model_sources(engine->model, &count);
	bool any = count || checks || cli->input_ends ||
		   (!cli_has_files(cli) && !has_sources(cli->settings));
	if (!client_turn_wall_ms(engine->client) || !has_streams(cli, engine))
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(sources[i]->state, "checking") == 0)
			return false;
	const struct msg_bot *const *bots = model_bots(engine->model, &count);
	for (size_t i = 0; i < count; i++)
		if (!is_looked_at(bots[i]))
			return false;
	if (cli->wants_checks && !are_checked(engine))
		return false;
	return any || count;
}

static bool all_answered(struct cli *cli)
{
	for (size_t i = 0; i < cli->engine_count; i++) {
		const struct cli_engine *engine = &cli->engines[i];
		bool waits = engine->client && client_state(engine->client) != CLIENT_LOST;
		if (waits && !has_answered(cli, engine))
			return false;
	}
	return true;
}

bool cli_has_files(const struct cli *cli)
{
	return cli->file_count > 0 || cli->input > 0;
}

/* Only where no engine runs is one of our own as good. */
static bool find_engine(struct cli *cli, const struct cli_command *command, struct err *err)
{
	bool started = false;
	struct client **client = &cli->engines[0].client;
	const char *way = cli->connect.count ? cli->connect.list[0] : NULL;
	if (cli_has_files(cli))
		return client_start_logs(
			cli->files, cli->file_count, cli->input, "cli", client, err);
	if (command->acts || way)
		return client_attach(
			cli->settings, way, "cli", true, START_MS, client, &started, err);
	if (client_find(cli->settings, "cli", true, ATTACH_MS, client, err))
		return true;
	return err->code == ERR_NOT_FOUND &&
	       client_start_private(cli->settings, "cli", client, err);
}

/* The exit status when there is none to ask. */
static int reach_engine(struct cli *cli, const struct cli_command *command)
{
	struct err err = {.code = ERR_NONE};
	if (cli->connect.count > 1)
		return cli_reach_all(cli, START_MS);
	if (cli->host)
		return cli_say(CLI_USAGE, "--host chooses among several --connect");
	cli->engine_count = 1;
	cli->engines[0].model = model_new();
	if (!find_engine(cli, command, &err))
		return cli_say(CLI_UNKNOWN, "%s", err.text);
	cli_use(cli, 0);
	return CLI_OK;
}

/* What each subcommand takes; the words of those with a meaning are completed where an engine is asked. */
static const struct common {
	const char *name;
	bool with_value;
	const char *meaning;
} commons[] = {
	{"-c", true, NULL},
	{"--config", true, NULL},
	{"--json", false, "for programs"},
	{"--jsonl", false, "a JSON object a line"},
	{"--wait", true, "for sources that have not answered yet"},
	{"--connect", true, "another engine: ssh://host or unix:/path"},
	{"--host", true, "one of several engines"},
	{"--yes", false, NULL},
	{"--reason", true, NULL},
};

static const struct common *find_common(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(commons); i++)
		if (strcmp(commons[i].name, word) == 0)
			return &commons[i];
	return NULL;
}

bool cli_takes_value(const char *option)
{
	const struct common *common = find_common(option);
	return common && common->with_value;
}

void cli_words(const struct cli_command *command, struct str *to)
{
	for (size_t i = 0; i < COUNT_OF(commons); i++)
		if (commons[i].meaning && !strstr(command->args, commons[i].name))
			str_addf(to, "%s\t%s\n", commons[i].name, commons[i].meaning);
}

static bool take_value(struct cli *cli, const char *word, const char *value, struct err *err)
{
	if (strcmp(word, "--reason") == 0)
		cli->reason = value;
	else if (strcmp(word, "--host") == 0)
		cli->host = value;
	else if (strcmp(word, "--connect") == 0)
		return ways_add(&cli->connect, value, err);
	else if (strcmp(word, "--wait") == 0)
		return parse_duration(value, &cli->wait_ms, err);
	else
		cli->config = value;
	return true;
}

static bool take_option(struct cli *cli, int argc, char **argv, int *at, struct err *err)
{
	const char *word = argv[*at];
	const struct common *common = find_common(word);
	if (!common)
		return false;
	if (common->with_value && *at + 1 >= argc)
		return err_set(err, ERR_INVALID, "%s needs a value", word);
	if (common->with_value)
		return take_value(cli, word, argv[++*at], err);
	cli->json |= strcmp(word, "--json") == 0;
	cli->jsonl |= strcmp(word, "--jsonl") == 0;
	cli->yes |= strcmp(word, "--yes") == 0;
	return true;
}

/* Takes the common options out of argv; the rest is the command's own, and so is all from `--` on. */
static bool take_options(struct cli *cli, int *argc, char **argv, struct err *err)
{
	int kept = 1;
	bool guarded = false;
	for (int i = 1; i < *argc; i++) {
		guarded |= strcmp(argv[i], "--") == 0;
		if (!guarded && take_option(cli, *argc, argv, &i, err))
			continue;
		if (err->code)
			return false;
		argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	*argc = kept;
	return true;
}

bool cli_read_settings(const char *config, bool elsewhere, struct settings **ret,
	struct str *report, struct err *err)
{
	autofree char *path = NULL;
	bool good = settings_find(config, &path, err);
	if (good || !elsewhere) {
		good = good && settings_load(path, ret, report, err);
	} else {
		*err = (struct err){.code = ERR_NONE};
		good = settings_parse("", 0, "/nowhere/botswain.yaml", ret, NULL, err);
	}
	return good;
}

bool cli_load(struct cli *cli, const char *config, bool warnings)
{
	autostr struct str report = STR_INIT;
	struct err err = {.code = ERR_NONE};
	bool good = cli_read_settings(config, cli->connect.count > 0 || cli_has_files(cli),
		&cli->settings, &report, &err);
	if (!good && !report.length)
		cli_say_no_settings(config, &err);
	else if (!good || warnings)
		fputs(report.text, stderr);
	return good;
}

bool cli_load_quietly(struct cli *cli)
{
	autostr struct str report = STR_INIT;
	struct err err = {.code = ERR_NONE};
	return cli_read_settings(
		cli->config, cli->connect.count > 0, &cli->settings, &report, &err);
}

static int run_attached(struct cli *cli, const struct cli_command *command, int argc, char **argv)
{
	struct err err = {.code = ERR_NONE};
	if (!ways_add_all(
		    &cli->connect, cli->settings->connect, cli->settings->connect_count, &err))
		return cli_say(CLI_USAGE, "%s", err.text);
	int found = reach_engine(cli, command);
	if (found != CLI_OK)
		return found;
	cli->wants_checks = command->checks;
	bool answered = cli_until_any(cli, all_answered, cli->wait_ms);
	if (!cli_any_left(cli) && cli_has_files(cli))
		return cli_say(CLI_FAILURE, "%s", client_why(cli->client));
	if (!cli_any_left(cli))
		return cli_unknown(cli, "nothing was asked of it");
	int status = command->run(cli, argc, argv);
	if (!answered && !command->acts && (status == CLI_OK || status == CLI_UNHEALTHY))
		return cli_say(CLI_UNKNOWN, "not every source has answered within --wait %s",
			format_duration(cli->wait_ms).text);
	if (cli_is_many(cli) && !cli_all_reached(cli) && !cli->host && !command->acts &&
		(status == CLI_OK || status == CLI_UNHEALTHY))
		return CLI_UNKNOWN; /* why was said */
	return status;
}

int cli_main(const char *config, const struct ways *connect, int argc, char **argv)
{
	struct cli cli = {.config = config, .connect = *connect, .wait_ms = WAIT_MS};
	struct err err = {.code = ERR_NONE};
	const struct cli_command *command = cli_find(argv[0]);
	int status = CLI_USAGE;
	signal(SIGPIPE, SIG_IGN);
	if (!take_options(&cli, &argc, argv, &err))
		return cli_say(CLI_USAGE, "%s", err.text);
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		printf("usage: botswain %s %s\n%s\n", command->name, command->args, command->help);
		return CLI_OK;
	}
	if (command->files && !command->files(&cli, argc, argv))
		return CLI_FAILURE;
	if (!command->engine)
		status = command->run(&cli, argc, argv);
	else if (cli_load(&cli, cli.config, false))
		status = run_attached(&cli, command, argc, argv);
	cli_leave_all(&cli);
	settings_unref(cli.settings);
	return status;
}

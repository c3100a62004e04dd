/* SPDX-License-Identifier: MIT */
#include "core/engine/options.h"

#include <getopt.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/base/err.h"

static const struct option long_options[] = {
	{.name = "config", .has_arg = required_argument, .val = 'c'},
	{.name = "own", .val = 'o'},
	{.name = "read-only", .val = 'r'},
	{.name = "client-fd", .has_arg = required_argument, .val = 'f'},
	{.name = "discover", .val = 'd'},
	{.name = "merge", .has_arg = required_argument, .val = 'm'},
	{.name = "supervisor", .has_arg = required_argument, .val = 's'},
	{.name = "json", .val = 'j'},
	{.name = "record", .has_arg = required_argument, .val = 'R'},
	{.name = "replay", .has_arg = required_argument, .val = 'P'},
	{.name = "log", .has_arg = required_argument, .val = 'L'},
	{.name = "log-fd", .has_arg = required_argument, .val = 'I'},
	{.name = "known", .val = 'k'},
	{.name = "promqltest", .val = 'q'},
	{.name = "check-rules", .val = 'C'},
	{.name = "small", .val = 'S'},
	{.name = "version", .val = 'V'},
	{.name = "help", .val = 'h'},
	{.name = NULL},
};

static bool read_client_fd(const char *text, struct options *options, struct err *err)
{
	struct stat found;
	char *end;
	long fd = strtol(text, &end, 10);
	if (*end || end == text || fd < 3 || fd > INT_MAX || fstat((int)fd, &found) != 0 ||
		!S_ISSOCK(found.st_mode))
		return err_set(err, ERR_INVALID, "--client-fd '%s' is no open socket", text);
	(void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	options->client_fd = (int)fd;
	return true;
}

static bool read_log_fd(const char *text, struct options *options, struct err *err)
{
	struct stat found;
	char *end;
	long fd = strtol(text, &end, 10);
	if (*end || end == text || fd < 3 || fd > INT_MAX || fstat((int)fd, &found) != 0)
		return err_set(err, ERR_INVALID, "--log-fd '%s' is not open", text);
	(void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	options->input_fd = (int)fd;
	return true;
}

/* Those of --discover; false: it is none of them. */
static bool take_discover(int option, struct options *options)
{
	if (option == 'd')
		options->discover = true;
	else if (option == 'j')
		options->json = true;
	else if (option == 'm')
		options->merge = optarg;
	else if (option == 's' && options->supervisor_count < OPTIONS_SUPERVISORS)
		options->supervisors[options->supervisor_count++] = optarg;
	else
		return false;
	return true;
}

/* An engine for one client takes no lock, writes nothing and may not act. A replay needs nothing but its recording. */
static void settle(struct options *options)
{
	const struct engine_options asked = options->engine;
	if (options->client_fd >= 0 || asked.replay)
		options->engine = (struct engine_options){.workers = !asked.replay,
			.own = true,
			.read_only = true,
			.small = asked.small,
			.record = asked.record,
			.replay = asked.replay};
}

static bool take_log(const char *path, struct options *options, struct err *err)
{
	if (options->log_count == OPTIONS_LOGS)
		return err_set(err, ERR_LIMIT, "more than %d files", OPTIONS_LOGS);
	options->logs[options->log_count++] = path;
	return true;
}

/* Those whose values may be wrong. */
static bool take_checked(int option, struct options *options, bool *ret_taken, struct err *err)
{
	*ret_taken = true;
	switch (option) {
	case 'f':
		return read_client_fd(optarg, options, err);
	case 'L':
		return take_log(optarg, options, err);
	case 'I':
		return read_log_fd(optarg, options, err);
	default:
		*ret_taken = false;
		return true;
	}
}

/* All that is no option. */
static bool take_tests(int argc, char **argv, struct options *options, struct err *err)
{
	if (!options->promqltest)
		return true;
	options->tests = argv + optind;
	options->test_count = (size_t)(argc - optind);
	return optind < argc || err_set(err, ERR_INVALID, "--promqltest needs a file");
}

bool options_read(int argc, char **argv, struct options *ret, struct err *err)
{
	struct options options = {.client_fd = -1, .engine = {.workers = true, .listen = true}};
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:c:hV", long_options, NULL)) != -1) {
		bool is_taken = false;
		if (!take_checked(option, &options, &is_taken, err))
			return false;
		if (is_taken || take_discover(option, &options))
			continue;
		if (option == 'c')
			options.config = optarg;
		else if (option == 'o')
			options.engine.own = true;
		else if (option == 'r')
			options.engine.read_only = true;
		else if (option == 'R')
			options.engine.record = optarg;
		else if (option == 'P')
			options.engine.replay = optarg;
		else if (option == 'k')
			options.known = true;
		else if (option == 'q')
			options.promqltest = true;
		else if (option == 'C')
			options.check_rules = true;
		else if (option == 'S')
			options.engine.small = true;
		else if (option == 'V')
			options.version = true;
		else if (option == 'h')
			options.help = true;
		else
			return err_set(err, ERR_INVALID,
				"the option '%s' is unknown or lacks its value; see botswaind "
				"--help",
				argv[optind - 1]);
	}
	settle(&options);
	if (!take_tests(argc, argv, &options, err))
		return false;
	if (optind < argc && !options.promqltest)
		return err_set(
			err, ERR_INVALID, "'%s' is no option; see botswaind --help", argv[optind]);
	*ret = options;
	return true;
}

const char *options_help(void)
{
	return "usage: botswaind [-c FILE] [--own] [--read-only] [--record FILE]\n"
	       "       botswaind --discover [--merge FILE] [--supervisor KIND=ADDRESS] [--json]\n"
	       "       botswaind --promqltest FILE...\n"
	       "       botswaind --check-rules [-c FILE]\n"
	       "\n"
	       "The engine of botswain: polls what the configuration names, and serves screens on\n"
	       "the socket in its state directory.\n"
	       "\n"
	       "  -c, --config FILE  the configuration; else "
	       "$XDG_CONFIG_HOME/botswain/botswain.yaml,\n"
	       "                     else /etc/botswain/botswain.yaml\n"
	       "      --own          leave when the last client is gone and no operation runs\n"
	       "      --client-fd N  serve the socket N alone: no lock, nothing is written, no "
	       "verb runs\n"
	       "      --read-only    watch only: no verb runs, whatever the configuration says\n"
	       "      --discover     look once for bots, print a configuration for them, leave\n"
	       "      --record FILE  record what happens to a new file, for botswain replay\n"
	       "      --replay FILE  with --client-fd: show that recording, or that folder of one\n"
	       "      --promqltest   run these tests of PromQL, in Prometheus' own format, leave\n"
	       "      --check-rules  say what is wrong with the rule files of the configuration, "
	       "leave\n"
	       "      --version      print the version\n"
	       "  -h, --help         print this\n"
	       "\n"
	       "Signals: HUP reads the configuration again, TERM and INT leave,\n"
	       "after the operations that run; a second one at once. HUP from a terminal that is\n"
	       "closed leaves, too.\n"
	       "Exit status: 0 ok, 1 failure, 2 usage or configuration, 5 another engine runs.\n";
}

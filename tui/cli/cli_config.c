/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/dashboard.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "tui/cli/cli.h"
#include "tui/start.h"

extern char **environ;

static void add_count(struct str *to, size_t count, const char *one, const char *many)
{
	str_addf(to, "%zu %s, ", count, count == 1 ? one : many);
}

/* The file is a dashboard, good or bad; *ret is what to leave with. */
static bool is_of_dashboard(const char *path, int *ret)
{
	autostr struct str report = STR_INIT, out = STR_INIT;
	struct dashboard *dashboard;
	struct err err = {.code = ERR_NONE};
	if (!dashboard_is_file(path))
		return false;
	if (!dashboard_read(path, &dashboard, &report, &err)) {
		*ret = cli_say(CLI_USAGE, "%s", report.length ? report.text : err.text);
		return true;
	}
	str_addf(&out, "%s is a good dashboard: ", path);
	add_count(&out, dashboard->row_count, "row", "rows");
	str_addf(&out, "%zu panel%s\n", dashboard->panel_count,
		dashboard->panel_count == 1 ? "" : "s");
	dashboard_free(dashboard);
	cli_put(&out);
	*ret = CLI_OK;
	return true;
}

/* Those in the folder beside the configuration. */
static bool check_dashboards(const char *config_path, size_t *ret_count)
{
	struct dashboards *all = dashboards_load(config_path);
	bool is_good = true;
	*ret_count = 0;
	for (size_t i = 0; i < all->count; i++) {
		*ret_count += all->list[i]->path[0] != '\0';
		if (all->list[i]->error[0])
			is_good = cli_say(false, "%s", all->list[i]->error);
	}
	dashboards_free(all);
	return is_good;
}

/* The engine knows PromQL: this process becomes it, which says what it finds in the rule files. */
static int check_rules(const struct settings *settings)
{
	autofree char *program = client_engine_program();
	char name[] = "botswaind", check[] = "--check-rules", option[] = "-c";
	char *const words[] = {name, check, option, settings->path, NULL};
	fflush(stdout);
	(void)signal(SIGPIPE, SIG_DFL);
	execve(program, words, environ);
	return cli_say(CLI_FAILURE, "cannot start '%s': %s; it belongs beside botswain", program,
		strerror(errno));
}

static int run(struct cli *cli, int argc, char **argv)
{
	size_t dashboards;
	int status;
	autostr struct str out = STR_INIT;
	struct err err = {.code = ERR_NONE};
	if (argc > 1 && argv[1][0] == '-')
		return cli_refuse(argv[0], argv[1]);
	if (argc > 2)
		return cli_say(CLI_USAGE, "check-config takes one file");
	if (argc > 1 && is_of_dashboard(argv[1], &status))
		return status;
	if (!cli_load(cli, argc > 1 ? argv[1] : cli->config, true))
		return CLI_USAGE;
	const struct settings *settings = cli->settings;
	if (!start_check(settings, &err))
		return cli_say(CLI_USAGE, "%s: %s", settings->path, err.text);
	if (!check_dashboards(settings->path, &dashboards))
		return CLI_USAGE;
	str_addf(&out, "%s is good: ", settings->path);
	add_count(&out, settings->bot_count, "bot", "bots");
	add_count(&out, settings->redis_count, "redis", "redis");
	add_count(&out, settings->postgres_count, "postgres", "postgres");
	add_count(&out, settings->backup_count, "backup", "backups");
	if (dashboards)
		add_count(&out, dashboards, "dashboard", "dashboards");
	str_addf(&out, "write: %s\n", write_mode_word(settings->write));
	cli_put(&out);
	return settings->rule_file_count ? check_rules(settings) : CLI_OK;
}

extern const struct cli_command cli_check_config;
const struct cli_command cli_check_config = {
	.name = "check-config",
	.args = "[FILE]",
	.help = "says what is wrong with the configuration, with line and column",
	.run = run,
};

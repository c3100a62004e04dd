/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/dashboard.h"
#include "core/conf/grafana.h"
#include "core/conf/settings.h"
#include "tui/cli/cli.h"

static bool import_file(const char *path, struct str *yaml, struct str *left, struct err *err)
{
	autostr struct str text = STR_INIT;
	struct dashboard *dashboard;
	if (!grafana_read(path, &text, err) ||
		!grafana_import(text.text, text.length, yaml, left, err))
		return false;
	/* What is printed is one that can be read. */
	if (!dashboard_parse("the dashboard", yaml->text, yaml->length, &dashboard, NULL, err))
		return false;
	dashboard_free(dashboard);
	return true;
}

static void say_left(const char *left)
{
	while (*left) {
		size_t length = strcspn(left, "\n");
		(void)cli_say(CLI_OK, "left out: %.*s", (int)length, left);
		left += length + (left[length] == '\n');
	}
}

static int run(struct cli *cli, int argc, char **argv)
{
	autostr struct str yaml = STR_INIT, left = STR_INIT;
	struct err err = {.code = ERR_NONE};
	(void)cli;
	if (argc > 1 && argv[1][0] == '-')
		return cli_refuse(argv[0], argv[1]);
	if (argc != 2)
		return cli_say(CLI_USAGE, "import-grafana takes one file: a dashboard's JSON");
	if (!import_file(argv[1], &yaml, &left, &err))
		return cli_say(CLI_USAGE, "%s: %s", argv[1], err.text);
	say_left(left.text);
	cli_put(&yaml);
	return CLI_OK;
}

extern const struct cli_command cli_import_grafana;
const struct cli_command cli_import_grafana = {
	.name = "import-grafana",
	.args = "FILE",
	.help = "prints a dashboard of Grafana as one of botswain's; says what it left out",
	.run = run,
};

/* SPDX-License-Identifier: MIT */
#include "tests/support/prometheus_server.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/folder.h"
#include "tests/support/servers.h"
#include "tests/support/spawn.h"

enum { START_MS = 30000, LOAD_MS = 30000, ASK_MS = 5000 };

/* bcrypt of PROMETHEUS_PASSWORD, as cheap as there is */
static const char hash[] = "$2b$04$p5gDUMCl6dKhpJef7b8CM.fs9avDEgx1mio03ZhMDSD12VCX83dyu";

bool has_prometheus(void)
{
	return access("/usr/bin/prometheus", X_OK) == 0 && access("/usr/bin/promtool", X_OK) == 0;
}

static bool answers(const void *context)
{
	const struct prometheus_server *server = context;
	autofree char *url = xasprintf("http://127.0.0.1:%d/-/ready", server->port);
	static const char user[] = PROMETHEUS_USER ":" PROMETHEUS_PASSWORD;
	return spawn_run(WORDS("curl", "-sf", "-u", user, url), &(struct spawn){0}, ASK_MS, NULL) ==
	       0;
}

void prometheus_start(struct prometheus_server *server, const char *samples)
{
	autofree char *text = folder_path("samples"), *data = folder_path("data");
	autofree char *config = xasprintf("--config.file=%s/prometheus.yml", folder);
	autofree char *storage = xasprintf("--storage.tsdb.path=%s", data);
	autofree char *web = xasprintf("--web.config.file=%s/web.yml", folder);
	autofree char *log = folder_path("prometheus.log");
	folder_write("samples", 0600, "%s# EOF\n", samples);
	folder_write("prometheus.yml", 0600, "global: {}\n");
	folder_write("web.yml", 0600, "basic_auth_users:\n  %s: %s\n", PROMETHEUS_USER, hash);
	spawn_well(WORDS("promtool", "tsdb", "create-blocks-from", "openmetrics", text, data),
		&(struct spawn){0}, LOAD_MS);
	server->port = free_port();
	autofree char *listen = xasprintf("--web.listen-address=127.0.0.1:%d", server->port);
	server->pid = spawn_start(WORDS("prometheus", config, storage, web, listen,
					  "--storage.tsdb.retention.time=100y"),
		&(struct spawn){.log = log});
	if (!comes_true(answers, server, START_MS))
		fail_msg("prometheus does not answer");
}

void prometheus_end(struct prometheus_server *server)
{
	(void)spawn_end(&server->pid, SIGKILL);
}

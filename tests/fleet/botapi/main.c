/* SPDX-License-Identifier: MIT */
/* A Bot API server on loopback for tests and the demo fleet; see tests/fleet/README.md. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/control.h"
#include "tests/fleet/botapi/exchange.h"
#include "tests/fleet/botapi/player.h"
#include "tests/fleet/botapi/statistics.h"
#include "tests/fleet/botapi/faults.h"
#include "tests/fleet/botapi/webhook.h"
#include "tests/fleet/common/files.h"

struct options {
	const char *directory, *transcript, *exchange, *bots;
	uint16_t port, control_port;
};

static const char usage[] = "usage: botapi [--port N] [--control-port N] [--dir DIR] [--transcript "
			    "FILE] [--exchange FILE] [--bots FILE]\n"
			    "Port 0 (the default) takes a free one; DIR receives botapi.port and "
			    "control.port when both listen.\n";

static bool read_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {{"port", required_argument, NULL, 'p'},
		{"control-port", required_argument, NULL, 'c'},
		{"dir", required_argument, NULL, 'd'}, {"transcript", required_argument, NULL, 't'},
		{"exchange", required_argument, NULL, 'e'}, {"bots", required_argument, NULL, 'b'},
		{0}};
	for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
		if (option == 'p')
			options->port = (uint16_t)atoi(optarg);
		else if (option == 'c')
			options->control_port = (uint16_t)atoi(optarg);
		else if (option == 'd')
			options->directory = optarg;
		else if (option == 't')
			options->transcript = optarg;
		else if (option == 'e')
			options->exchange = optarg;
		else if (option == 'b')
			options->bots = optarg;
		else
			return false;
	}
	return optind == argc;
}

/* Thousands of bots may hold a long poll each. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool write_port(const char *directory, const char *name, uint16_t port, struct err *err)
{
	autofree char *path = xasprintf("%s/%s.port", directory, name);
	autofree char *text = xasprintf("%u\n", port);
	return file_replace(path, text, err);
}

static bool start(struct api *api, const struct options *options, struct err *err)
{
	if (options->bots && !control_load_bots(api, options->bots, err))
		return false;
	if (options->transcript && !transcript_open(&api->transcript, options->transcript, err))
		return false;
	if (!server_start(&api->server, api->loop, options->port, api_handle, api, err) ||
		!server_start(&api->control, api->loop, options->control_port, control_handle, api,
			err) ||
		!server_start(&api->statistics, api->loop, 0, statistics_handle, api, err))
		return false;
	if (options->exchange && !exchange_open(&api->exchange, options->exchange, err))
		return false;
	api->server.listener = api;
	api->server.listen = api_heard;
	statistics_begin(api);
	api->server.body_max = UPLOAD_MAX_BYTES + REQUEST_MAX_BYTES;
	printf("Bot API on http://127.0.0.1:%u, control on http://127.0.0.1:%u/control/\n",
		server_port(&api->server), server_port(&api->control));
	fflush(stdout);
	return !options->directory ||
	       (write_port(options->directory, "statistics", server_port(&api->statistics), err) &&
		       write_port(options->directory, "control", server_port(&api->control), err) &&
		       write_port(options->directory, "botapi", server_port(&api->server), err));
}

static void release(struct api *api)
{
	server_stop(&api->server);
	server_stop(&api->control);
	server_stop(&api->statistics);
	for (size_t i = 0; i < api->bots.count; i++)
		player_free(api->bots.items[i]), faults_clear(&api->bots.items[i]->faults, NULL);
	webhook_release_all(api);
	faults_clear(&api->faults, NULL);
	transcript_close(&api->transcript);
	if (api->exchange)
		fclose(api->exchange);
	documents_release(&api->documents);
	bots_release(&api->bots);
}

int main(int argc, char **argv)
{
	struct options options = {0};
	if (!read_options(argc, argv, &options)) {
		fputs(usage, stderr);
		return 2;
	}
	struct loop loop;
	struct api api = {.loop = &loop};
	api.started_ms = loop_now_ms();
	rng_init(&api.rng, (uint64_t)clock_wall_ms(clock_real()));
	struct err err = {0};
	raise_descriptor_limit();
	bots_init(&api.bots);
	bool good = loop_init(&loop, &err) && start(&api, &options, &err);
	if (good)
		loop_run(&loop);
	else
		fprintf(stderr, "botapi: %s\n", err.text);
	release(&api);
	loop_release(&loop);
	return good ? 0 : 1;
}

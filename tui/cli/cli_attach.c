/* SPDX-License-Identifier: MIT */
/*
 * `attach --stdio`: the far end of --connect ssh://. Finds or starts the engine of the configuration here, and passes bytes
 * between it and our standard streams until one of them ends. Nothing of ours is among the bytes: words go to standard
 * error.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "tui/cli/cli.h"

enum { ATTACH_MS = 15000, ROOM = 64 << 10 };

/* One direction. */
struct flow {
	int from, to;
	size_t length, at;
	bool ended; /* nothing more comes */
	char bytes[ROOM];
};

static bool open_engine(const struct settings *settings, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	(void)copy_text(address.sun_path, sizeof(address.sun_path), settings->socket_path);
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return err_errno(
			err, errno, "cannot reach the engine on '%s'", settings->socket_path);
	*ret_fd = keep_fd(&fd);
	return true;
}

static struct pollfd to_poll(const struct flow *flow)
{
	if (flow->at < flow->length)
		return (struct pollfd){.fd = flow->to, .events = POLLOUT};
	return (struct pollfd){.fd = flow->ended ? -1 : flow->from, .events = POLLIN};
}

static bool waits_only(ssize_t result)
{
	return result < 0 && (errno == EAGAIN || errno == EINTR);
}

static void take(struct flow *flow)
{
	ssize_t got = read(flow->from, flow->bytes, sizeof(flow->bytes));
	flow->at = 0;
	flow->length = got > 0 ? (size_t)got : 0;
	flow->ended = got == 0 || (got < 0 && !waits_only(got));
}

static void give(struct flow *flow)
{
	ssize_t put = write(flow->to, flow->bytes + flow->at, flow->length - flow->at);
	if (put > 0)
		flow->at += (size_t)put;
	else if (!waits_only(put))
		flow->ended = true, flow->length = flow->at = 0;
}

static void move(struct flow *flow, const struct pollfd *found)
{
	if (!found->revents)
		return;
	if (flow->at < flow->length)
		give(flow);
	else
		take(flow);
}

static bool is_over(const struct flow *flow)
{
	return flow->ended && flow->at == flow->length;
}

/* Until either end is gone; `keeper` holds the engine until the far client has said hello. */
static void pass(int engine, struct client **keeper)
{
	static struct flow in, out;
	in = (struct flow){.from = STDIN_FILENO, .to = engine};
	out = (struct flow){.from = engine, .to = STDOUT_FILENO};
	while (!is_over(&in) && !is_over(&out)) {
		struct pollfd fds[] = {to_poll(&in), to_poll(&out)};
		if (poll(fds, COUNT_OF(fds), -1) < 0)
			continue;
		move(&in, &fds[0]);
		move(&out, &fds[1]);
		if (out.length && *keeper) {
			client_free(*keeper);
			*keeper = NULL;
		}
	}
}

static const char nothing_there[] = "there is no configuration on that machine: write one there "
				    "with `botswain discover`, or name "
				    "it in the way, as ssh://HOST/PATH";

static int run(struct cli *cli, int argc, char **argv)
{
	struct err err = {.code = ERR_NONE};
	bool started;
	int engine = -1;
	if (argc != 2 || strcmp(argv[1], "--stdio") != 0)
		return cli_say(CLI_USAGE, "attach takes --stdio, and nothing else");
	/* A line: more than one nobody would see. */
	if (!cli_read_settings(cli->config, false, &cli->settings, NULL, &err))
		return cli_say(CLI_USAGE, "%s",
			cli->config || !strchr(err.text, '\n') ? err.text : nothing_there);
	if (!client_attach(cli->settings, NULL, "attach", false, ATTACH_MS, &cli->client, &started,
		    &err) ||
		!open_engine(cli->settings, &engine, &err))
		return cli_say(CLI_UNKNOWN, "%s", err.text);
	pass(engine, &cli->client);
	close(engine);
	return CLI_OK;
}

extern const struct cli_command cli_attach;
const struct cli_command cli_attach = {
	.name = "attach",
	.args = "--stdio",
	.help = "passes bytes between standard streams and the engine: the far end of --connect "
		"ssh://",
	.run = run,
};

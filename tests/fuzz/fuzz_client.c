/* SPDX-License-Identifier: MIT */
/* An engine that we do not trust, as one at the other end of an ssh: what it sends is read or ends the connection with a
 * reason, and no text of it can move a terminal. The first byte says whether it welcomes us as it should. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/client.h"
#include "core/engine/client_tunnel.h"
#include "core/model/model.h"
#include "tests/fuzz/safe.h"

static void require_text(void *context, char **text)
{
	(void)context;
	fuzz_require_safe(*text);
}

static void take(void *context, enum msg_kind kind, const void *body)
{
	unsigned *taken = context;
	void *copy = msg_copy(kind, body);
	msg_each_text(kind, copy, require_text, NULL);
	msg_free(kind, copy);
	++*taken;
}

static void require_model(const struct model *model)
{
	size_t count;
	for (unsigned kind = MODEL_KIND_FIRST; kind <= MODEL_KIND_LAST; kind++) {
		if (!msg_info(kind))
			continue;
		const void *const *bodies = model_list(model, (enum msg_kind)kind, &count);
		for (size_t i = 0; i < count; i++)
			msg_each_text((enum msg_kind)kind, (void *)(uintptr_t)bodies[i],
				require_text, NULL);
	}
}

static void greet(int fd)
{
	struct msg_welcome welcome = {.protocol = MSG_PROTOCOL, .engine = (char[]){"fuzz"}};
	autostr struct str frame = STR_INIT;
	msg_encode(MSG_welcome, &welcome, &frame);
	FUZZ_REQUIRE(send(fd, frame.text, frame.length, 0) == (ssize_t)frame.length);
}

/* In pieces, as a socket gives them. */
static void feed(
	int fd, const uint8_t *data, size_t size, struct client *client, struct model *model)
{
	unsigned taken = 0;
	for (size_t at = 0; at < size;) {
		size_t count = size - at < 4096 ? size - at : 4096;
		ssize_t sent = send(fd, data + at, count, MSG_DONTWAIT | MSG_NOSIGNAL);
		client_pump(client, model, (int64_t)at, take, &taken);
		if (client_state(client) == CLIENT_LOST)
			break;
		FUZZ_REQUIRE(sent > 0);
		at += (size_t)sent;
	}
	client_pump(client, model, (int64_t)size, take, &taken);
}

static char path[64];

static void remove_socket(void)
{
	unlink(path);
}

static int listen_once(void)
{
	static int fd = -1;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "/tmp/botswain-fuzz-client-%d.sock", getpid());
	memcpy(address.sun_path, path, sizeof(path));
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FUZZ_REQUIRE(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	FUZZ_REQUIRE(listen(fd, 4) == 0);
	atexit(remove_socket);
	return fd;
}

/* As over a way to another engine: [0] is ours, [1] that engine's. */
static void connect_both(struct client_tunnel **tunnel, int fds[2])
{
	struct err err;
	int listener = listen_once();
	autofree char *way = xasprintf("unix:%s", path);
	FUZZ_REQUIRE(client_tunnel_open(way, tunnel, &fds[0], &err));
	fds[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	FUZZ_REQUIRE(fds[1] >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fds[2];
	struct client_tunnel *tunnel;
	if (!size)
		return 0;
	connect_both(&tunnel, fds);
	struct client *client = client_over(fds[0], "fuzz", "screen", true);
	client_keep_tunnel(client, tunnel);
	struct model *model = model_new();
	if (data[0] & 1)
		greet(fds[1]);
	feed(fds[1], data + 1, size - 1, client, model);
	if (client_state(client) == CLIENT_LOST)
		fuzz_require_safe(client_why(client));
	require_model(model);
	close(fds[1]);
	client_free(client);
	model_free(model);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * What goes over the socket and to the terminal, a second, while nobody presses a key: counted by a relay between a screen
 * and its engine. A figure's name says of how many bots, and whether they live: bytes.200.live.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/bench/bench.h"
#include "tests/bench/probe.h"
#include "tests/bench/scene.h"
#include "tests/support/vt.h"

enum { SETTLE_MS = 8000, WINDOW_MS = 20000 };

struct relay {
	char path[108], engine[108];
	int listener;
	pthread_t thread;
	atomic_size_t down, up; /* bytes to the screen, and from it */
};

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	(void)copy_text(address.sun_path, sizeof(address.sun_path), path);
	return address;
}

/* What can be read goes on whole; false: that side has ended. */
static bool pass_on(int from, int to, atomic_size_t *count)
{
	char bytes[65536];
	ssize_t got = recv(from, bytes, sizeof(bytes), 0);
	if (got <= 0)
		return false;
	atomic_fetch_add(count, (size_t)got);
	for (ssize_t sent = 0; sent < got;) {
		ssize_t now = send(to, bytes + sent, (size_t)(got - sent), MSG_NOSIGNAL);
		if (now < 0)
			return false;
		sent += now;
	}
	return true;
}

/* One screen; it ends with it. */
static void *run(void *argument)
{
	struct relay *relay = argument;
	struct sockaddr_un address = address_of(relay->engine);
	int screen = accept4(relay->listener, NULL, NULL, SOCK_CLOEXEC);
	int engine = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good =
		screen >= 0 && connect(engine, (struct sockaddr *)&address, sizeof(address)) == 0;
	while (good) {
		struct pollfd slots[2] = {
			{.fd = screen, .events = POLLIN}, {.fd = engine, .events = POLLIN}};
		if (poll(slots, 2, -1) < 0 && errno != EINTR)
			break;
		good = (!slots[0].revents || pass_on(screen, engine, &relay->up)) &&
		       (!slots[1].revents || pass_on(engine, screen, &relay->down));
	}
	if (screen >= 0)
		close(screen);
	close(engine);
	return NULL;
}

static bool relay_open(struct relay *relay, const struct scene *scene)
{
	*relay = (struct relay){.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	snprintf(relay->path, sizeof(relay->path), "%s/relay.sock", scene->dir);
	snprintf(relay->engine, sizeof(relay->engine), "%s/state/engine.sock", scene->dir);
	struct sockaddr_un address = address_of(relay->path);
	unlink(relay->path);
	return bind(relay->listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	       listen(relay->listener, 1) == 0 &&
	       pthread_create(&relay->thread, NULL, run, relay) == 0;
}

/* After the screen has ended. */
static void relay_close(struct relay *relay)
{
	pthread_join(relay->thread, NULL);
	close(relay->listener);
}

bool bench_line_bytes(const struct bench *bench, struct figures *ret)
{
	int bots = 0;
	struct relay relay;
	if (sscanf(bench->name, "bytes.%d.", &bots) != 1)
		return false;
	struct scene *scene = scene_get(bots);
	if (!relay_open(&relay, scene))
		return false;
	scene_feed(scene, strstr(bench->name, ".live") != NULL);
	autofree char *way = xasprintf("unix:%s", relay.path);
	struct vt *vt = scene_open(scene, NULL, way);
	vt_must_show(vt, scene->bots_text, SCENE_OPEN_MS);
	scene_watch(&vt, 1, SETTLE_MS);
	size_t down = atomic_load(&relay.down), up = atomic_load(&relay.up), drawn = vt_bytes(vt);
	scene_watch(&vt, 1, WINDOW_MS);
	down = atomic_load(&relay.down) - down;
	up = atomic_load(&relay.up) - up;
	ret->figure = (double)(down + up) / WINDOW_MS * 1000;
	snprintf(ret->note, sizeof(ret->note),
		"to the screen %.0f B/s, back %.0f, drawn on the terminal %.0f",
		(double)down / WINDOW_MS * 1000, (double)up / WINDOW_MS * 1000,
		(double)(vt_bytes(vt) - drawn) / WINDOW_MS * 1000);
	scene_feed(scene, false);
	vt_free(vt);
	relay_close(&relay);
	return true;
}

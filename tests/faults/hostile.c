/* SPDX-License-Identifier: MIT */
#include "tests/faults/hostile.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/msg/msg.h"
#include "tests/faults/faults.h"

enum { BEHAVE_MS = 1500, LOOK_MS = 20 };

struct hostile {
	pid_t pid;
};

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || !copy_text(address.sun_path, sizeof(address.sun_path), path) ||
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static void add_hello(struct str *to)
{
	static char build[] = "0", engine[] = "", client[] = "screen", claims[] = "";
	struct msg_hello hello = {.protocol = MSG_PROTOCOL,
		.build = build,
		.engine = engine,
		.client = client,
		.claims = claims,
		.want_state = true};
	msg_encode(MSG_hello, &hello, to);
}

/* ---- what each sends: first once, then again and again ---- */

static void flood(struct str *to)
{
	for (uint64_t i = 1; i <= 2000; i++) {
		struct msg_cancel_req cancel = {.req = i, .operation = UINT64_C(1) << 60};
		msg_encode(MSG_cancel_req, &cancel, to);
	}
}

static void huge(struct str *to)
{
	str_add(to, "\x00\x00\x00\x80\x20\x00", 6);
}

static void half(struct str *to)
{
	str_add(to, "\x40\x00\x00\x00\x20\x00\x08", 7);
}

/* Everything it may ask for, so that most is owed to it. */
static void deaf(struct str *to)
{
	char store[] = "events", none[] = "";
	for (uint64_t window = 1; window <= 16; window++) {
		struct msg_win_open open = {.window = window,
			.generation = 1,
			.store = store,
			.filter = none,
			.anchor = none,
			.before = 1000,
			.follow = true};
		msg_encode(MSG_win_open, &open, to);
	}
}

static void garbage(struct str *to)
{
	static uint32_t seed = 2463534242u;
	for (int i = 0; i < 512; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 17;
		seed ^= seed << 5;
		str_addch(to, (char)(seed & 0xff));
	}
}

static void nothing(struct str *to)
{
	(void)to;
}

static const struct {
	const char *word;
	void (*once)(struct str *to), (*again)(struct str *to);
	bool greets;
} manners[HOSTILE_MANNERS] = {
	[HOSTILE_FLOOD] = {"flood", nothing, flood, true},
	[HOSTILE_HUGE] = {"2 GB frame", huge, nothing, true},
	[HOSTILE_HALF] = {"half a frame", half, nothing, false},
	[HOSTILE_DEAF] = {"never reads", deaf, nothing, true},
	[HOSTILE_GARBAGE] = {"garbage", garbage, nothing, false},
	[HOSTILE_CHURN] = {"opens and closes", nothing, nothing, false},
	[HOSTILE_SILENT] = {"takes every place", nothing, nothing, false},
};

const char *hostile_word(enum hostile_manner manner)
{
	return manners[manner].word;
}

/* It was hung up on. It never reads, so what was sent to it does not hide that. */
static bool is_dropped(int fd)
{
	struct pollfd slot = {.fd = fd, .events = POLLRDHUP};
	return poll(&slot, 1, LOOK_MS) > 0 && (slot.revents & (POLLHUP | POLLRDHUP | POLLERR));
}

/* Sends what the socket takes; false when there is nobody any more. */
static bool push(int fd, struct str *bytes)
{
	while (bytes->length) {
		ssize_t sent = send(fd, bytes->text, bytes->length, MSG_NOSIGNAL);
		if (sent < 0)
			return errno == EAGAIN;
		str_remove(bytes, 0, (size_t)sent);
	}
	return true;
}

static int64_t churn(const char *socket_path, int64_t limit_ms)
{
	int64_t until_ms = fault_now_ms() + limit_ms;
	while (fault_now_ms() < until_ms) {
		int fd = connect_to(socket_path);
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

/* More than the engine has places for. */
static int64_t crowd(const char *socket_path, int64_t limit_ms)
{
	enum { PLACES = 80 };
	int fds[PLACES];
	for (size_t i = 0; i < PLACES; i++)
		fds[i] = connect_to(socket_path);
	fault_pace_until(fault_now_ms() + limit_ms);
	for (size_t i = 0; i < PLACES; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return -1;
}

int64_t hostile_behave(const char *socket_path, enum hostile_manner manner, int64_t limit_ms)
{
	if (manner == HOSTILE_CHURN)
		return churn(socket_path, limit_ms);
	if (manner == HOSTILE_SILENT)
		return crowd(socket_path, limit_ms);
	int64_t begun_ms = fault_now_ms(), took_ms = -1;
	int fd = connect_to(socket_path);
	while (fd < 0 && fault_now_ms() - begun_ms < limit_ms) { /* many wait at the door */
		fault_pace_until(fault_now_ms() + 1);
		fd = connect_to(socket_path);
	}
	autostr struct str bytes = STR_INIT;
	if (fd < 0)
		return -1;
	if (manners[manner].greets)
		add_hello(&bytes);
	manners[manner].once(&bytes);
	while (took_ms < 0 && fault_now_ms() - begun_ms < limit_ms) {
		if (bytes.length == 0)
			manners[manner].again(&bytes);
		if (!push(fd, &bytes) || is_dropped(fd))
			took_ms = fault_now_ms() - begun_ms;
	}
	close(fd);
	return took_ms;
}

struct hostile *hostile_start(const struct faults *run)
{
	struct hostile *hostile = xcalloc(1, sizeof(*hostile));
	hostile->pid = fork();
	if (hostile->pid != 0)
		return hostile;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned turn = 0;; turn++) {
		int64_t began_ms = fault_now_ms();
		(void)hostile_behave(run->settings->socket_path, turn % HOSTILE_MANNERS, BEHAVE_MS);
		fault_pace_until(began_ms + BEHAVE_MS / 3);
	}
}

void hostile_stop(struct hostile *hostile)
{
	if (!hostile)
		return;
	kill(hostile->pid, SIGKILL);
	waitpid(hostile->pid, NULL, 0);
	free(hostile);
}

void hostile_pause(struct hostile *hostile)
{
	kill(hostile->pid, SIGSTOP);
}

void hostile_go_on(struct hostile *hostile)
{
	kill(hostile->pid, SIGCONT);
}

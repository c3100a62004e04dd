/* SPDX-License-Identifier: MIT */
#include "core/engine/client_last.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/model.h"

enum { AHEAD_MS = 60000 }; /* a clock that was put back so far makes nothing wrong */

struct staged {
	struct msg_any *list;
	size_t count, room;
	int64_t wall_ms; /* of the turn mark; 0: none came */
};

static bool is_ours(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
	       status.st_size <= CLIENT_LAST_BYTES_MAX;
}

static bool read_file(const char *path, struct str *bytes)
{
	char part[65536];
	ssize_t got = 0;
	autoclose int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || !is_ours(fd))
		return false;
	while (bytes->length <= CLIENT_LAST_BYTES_MAX) {
		got = read(fd, part, sizeof(part));
		if (got <= 0 && !(got < 0 && errno == EINTR))
			break;
		str_add(bytes, part, got > 0 ? (size_t)got : 0);
	}
	return got == 0;
}

static void stage(struct staged *staged, struct msg_any *message)
{
	if (message->kind == MSG_turn)
		staged->wall_ms = ((const struct msg_turn *)message->body)->wall_ms;
	if (!is_entity(message->kind) && message->kind != MSG_gone)
		return;
	msg_sanitize(message->kind, message->body);
	staged->list = grow(staged->list, staged->count, &staged->room, sizeof(*staged->list));
	staged->list[staged->count++] = *message;
	*message = (struct msg_any){.kind = MSG_none};
}

/* Up to the turn mark. */
static void decode(const struct str *bytes, struct staged *staged)
{
	size_t used = 1;
	struct err ignored;
	for (size_t at = 0; used && !staged->wall_ms; at += used) {
		struct msg_any message = {.kind = MSG_none};
		if (!msg_decode(bytes->text + at, bytes->length - at, MSG_FRAME_MAX, &message,
			    &used, &ignored))
			return;
		if (message.kind != MSG_none)
			stage(staged, &message);
		msg_any_release(&message);
	}
}

static bool is_in_time(const struct staged *staged, int64_t now_wall_ms)
{
	int64_t most_ms = CLIENT_LAST_DAYS_MAX * INT64_C(86400000);
	return staged->wall_ms > 0 && staged->wall_ms > now_wall_ms - most_ms &&
	       staged->wall_ms <= now_wall_ms + AHEAD_MS;
}

/* A state directory serves one configuration; one that was put in its place has other bots. */
static bool is_of(const struct staged *staged, const struct settings *settings)
{
	for (size_t i = 0; i < staged->count; i++) {
		const struct msg_engine *engine = staged->list[i].body;
		if (staged->list[i].kind == MSG_engine)
			return strcmp(engine->config, settings->path) == 0 &&
			       strcmp(engine->environment, settings->environment) == 0;
	}
	return false;
}

bool client_last_read(const struct settings *settings, struct model *model, int64_t now_wall_ms,
	int64_t *ret_wall_ms)
{
	autofree char *path = xasprintf("%s/%s", settings->state_dir, CLIENT_LAST_FILE);
	autostr struct str bytes = STR_INIT;
	struct staged staged = {.list = NULL};
	bool good = read_file(path, &bytes);
	if (good)
		decode(&bytes, &staged);
	good = good && is_in_time(&staged, now_wall_ms) && is_of(&staged, settings);
	for (size_t i = 0; i < staged.count; i++)
		if (good)
			(void)model_apply(model, staged.list[i]);
		else
			msg_any_release(&staged.list[i]);
	free(staged.list);
	if (good)
		*ret_wall_ms = staged.wall_ms;
	return good;
}

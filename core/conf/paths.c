/* SPDX-License-Identifier: MIT */
/* Where things are: the configuration itself, the state directory and the socket. */
#include "core/conf/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/arena.h"

enum { SOCKET_PATH_MAX = 100 }; /* sockaddr_un holds 107 bytes */

static const char *variable(const char *name)
{
	const char *text = getenv(name);
	return text && *text == '/' ? text : NULL; /* the XDG rule: a relative one is ignored */
}

char *absolute_path(struct arena *arena, const char *folder, const char *path)
{
	const char *home = variable("HOME");
	if (starts_with(path, "~/") && home)
		return arena_format(arena, "%s%s", home, path + 1);
	if (*path == '/')
		return arena_text(arena, path);
	while (starts_with(path, "./"))
		path += 2;
	return arena_format(arena, "%s/%s", !strcmp(folder, "/") ? "" : folder, path);
}

static uint64_t hash_path(const char *path)
{
	char *canonical autofree = realpath(path, NULL);
	return hash64_text(HASH64_BEGIN, canonical ? canonical : path);
}

static char *default_state(struct reader *reader)
{
	uint64_t hash = hash_path(reader->settings->path);
	const char *state = variable("XDG_STATE_HOME"), *home = variable("HOME");
	if (state)
		return arena_format(reader->arena, "%s/botswain/%016" PRIx64, state, hash);
	if (home)
		return arena_format(
			reader->arena, "%s/.local/state/botswain/%016" PRIx64, home, hash);
	if (!geteuid())
		return arena_format(reader->arena, "/var/lib/botswain/%016" PRIx64, hash);
	return NULL;
}

static char *short_socket(struct reader *reader)
{
	uint64_t hash = hash_path(reader->settings->state_dir);
	const char *runtime = variable("XDG_RUNTIME_DIR");
	if (runtime &&
		strlen(runtime) + strlen("/botswain/0123456789abcdef.sock") < SOCKET_PATH_MAX)
		return arena_format(
			reader->arena, "%s/botswain/%016" PRIx64 ".sock", runtime, hash);
	return arena_format(
		reader->arena, "/tmp/botswain-%u/%016" PRIx64 ".sock", (unsigned)geteuid(), hash);
}

bool place_state(struct reader *reader, struct err *err)
{
	struct settings *settings = reader->settings;
	char *state = *settings->state_dir ? settings->state_dir : default_state(reader);
	if (!state)
		return err_set(err, ERR_INVALID,
			"HOME is not set: say where the engine keeps its state, `state_dir: PATH`");
	settings->state_dir = state;
	settings->socket_path = arena_format(reader->arena, "%s/engine.sock", state);
	if (strlen(settings->socket_path) > SOCKET_PATH_MAX)
		settings->socket_path = short_socket(reader);
	return true;
}

/* ---- which file ---- */

static char *user_path(void)
{
	const char *config = variable("XDG_CONFIG_HOME"), *home = variable("HOME");
	if (config)
		return xasprintf("%s/botswain/botswain.yaml", config);
	return home ? xasprintf("%s/.config/botswain/botswain.yaml", home) : NULL;
}

static bool absent(const char *path)
{
	return access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

bool settings_find(const char *given, char **ret_path, struct err *err)
{
	static const char host_path[] = "/etc/botswain/botswain.yaml";
	if (given) {
		*ret_path = xstrdup(given);
		return true;
	}
	char *user autofree = user_path();
	if (user && !absent(user)) {
		*ret_path = xstrdup(user);
		return true;
	}
	if (!absent(host_path)) {
		*ret_path = xstrdup(host_path);
		return true;
	}
	return err_set(err, ERR_NOT_FOUND,
		"no configuration: write these three lines to %.80s\n"
		"bots:\n  mybot:\n    token: {file: mybot.token}\n"
		"put the bot's token in mybot.token beside it, and chmod 600 that file\n"
		"or: botswain discover >botswain.yaml",
		user ? user : host_path);
}

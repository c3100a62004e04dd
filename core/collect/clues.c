/* SPDX-License-Identifier: MIT */
#include "core/collect/clues.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/parse/env_file.h"
#include "core/collect/clue_services.h"
#include "core/collect/outside.h"

enum { FILE_MAX = LIMIT_ENV_FILE_BYTES, ENVIRONMENT_MAX = 1 << 20, DEPTH_MAX = 2, WORDS_MAX = 64 };

/* A file whose bytes may hold a token. */
struct guarded {
	char *bytes; /* NUL-terminated */
	size_t length, size;
};

static void guarded_release(struct guarded *guarded)
{
	if (guarded->bytes)
		wipe(guarded->bytes, guarded->size);
	free(guarded->bytes);
	*guarded = (struct guarded){0};
}
#define autoguard CLEANUP(guarded_release)

static bool read_guarded(const char *path, size_t max, bool is_regular, struct guarded *ret)
{
	struct stat status;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &status) < 0 || (is_regular && !S_ISREG(status.st_mode)) ||
		status.st_size > (off_t)max)
		return false;
	*ret = (struct guarded){.bytes = xcalloc(1, max + 1), .size = max + 1};
	for (ssize_t count = 1; count > 0 && ret->length < max;) {
		count = read(fd, ret->bytes + ret->length, max - ret->length);
		if (count > 0)
			ret->length += (size_t)count;
	}
	return true;
}

/* ---- tokens ---- */

/* (BOT|TELEGRAM|TG) and TOKEN behind it, as people call it. */
static bool is_token_key(const char *key)
{
	static const char *const words[] = {"BOT", "TELEGRAM", "TG"};
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		const char *at = strcasestr(key, words[i]);
		if (at && strcasestr(at + strlen(words[i]), "TOKEN"))
			return true;
	}
	return strcasecmp(key, "TOKEN") == 0;
}

static bool is_token(const char *text, int64_t *ret_id)
{
	size_t length = strcspn(text, "\r\n");
	while (length && isblank((unsigned char)text[length - 1]))
		length--;
	return token_check(text, length, ret_id, NULL);
}

bool clues_are_of_a_bot(const struct clues *clues)
{
	return clues->tg_id || clues->variable[0] || clues->talks;
}

/* ---- how it takes updates ---- */

/* BOT_MODE=webhook, "kind": "mtproto", WEBHOOK_URL=https://..., API_ID and API_HASH. */
static void add_transport(struct clues *clues, const char *key, const char *value)
{
	static const char *const words[] = {"polling", "webhook", "mtproto"};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strcasecmp(value, words[i]) == 0)
			copy_text(clues->transport, sizeof(clues->transport), words[i]);
	if (clues->transport[0])
		return;
	if (strcasestr(key, "WEBHOOK") && starts_with(value, "https://"))
		copy_text(clues->transport, sizeof(clues->transport), "webhook");
	else if (strcasecmp(key, "TELEGRAM_HASH") == 0 || strcasecmp(key, "API_HASH") == 0)
		copy_text(clues->transport, sizeof(clues->transport), "mtproto");
}

/* "name": "orders", BOT_NAME=orders: fit to be a part of a key. */
static void add_name(struct clues *clues, const char *key, const char *value)
{
	static const char *const keys[] = {"name", "bot_name", "botname"};
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-:";
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (strcasecmp(key, keys[i]) == 0 && !clues->name[0] &&
			strlen(value) < sizeof(clues->name) && !value[strspn(value, plain)])
			copy_text(clues->name, sizeof(clues->name), value);
}

/* The path that we know it by; false: it is not to be found from here. */
static bool find_place(const struct clues *clues, const char *path, char *ret, size_t size)
{
	if (clues->mounts_of > 0)
		return outside_path(clues->mounts_of, path, ret, size);
	return !clues->mounts_of && copy_text(ret, size, path);
}

static void add_setting(struct clues *clues, const char *key, const char *value)
{
	size_t known = clues->service_count;
	add_transport(clues, key, value);
	add_name(clues, key, value);
	clue_service_variable(clues, key, value);
	for (; known < clues->service_count; known++) {
		struct clue_service *service = &clues->services[known];
		service->is_inside = clues->has_net && service->host[0];
		char place[sizeof(service->socket)];
		if (service->socket[0] && find_place(clues, service->socket, place, sizeof(place)))
			copy_text(service->socket, sizeof(service->socket), place);
	}
}

/* ---- variables ---- */

static bool is_path(const char *text)
{
	return *text == '/' && strlen(text) < sizeof(((struct clues *)NULL)->file);
}

void clues_add_variable(struct clues *clues, const char *key, const char *value)
{
	int64_t id = 0;
	bool has_token = is_token(value, &id);
	size_t length = strlen(key);
	if (has_token && !clues->tg_id) {
		clues->tg_id = id;
		copy_text(clues->variable, sizeof(clues->variable), key);
	}
	if (has_token)
		return;
	if (length > 5 && strcmp(key + length - 5, "_FILE") == 0 && is_path(value))
		clues_add_file(clues, value);
	else if (is_token_key(key) && *value && !clues->variable[0] && !is_path(value) &&
		 strcasecmp(key, "TOKEN") != 0)
		copy_text(clues->variable, sizeof(clues->variable), key);
	else
		add_setting(clues, key, value);
}

bool clues_add_environment(struct clues *clues, pid_t pid)
{
	char path[64];
	struct guarded environment autoguard = {0};
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if (!read_guarded(path, ENVIRONMENT_MAX, false, &environment))
		return false;
	for (size_t at = 0; at < environment.length;) {
		char *variable = environment.bytes + at;
		size_t length = strlen(variable);
		char *equals = memchr(variable, '=', length);
		if (equals) {
			*equals = '\0';
			clues_add_variable(clues, variable, equals + 1);
		}
		at += length + 1;
	}
	return true;
}

/* ---- files ---- */

static void add_file(struct clues *clues, const char *path, int depth);

static void add_lines(struct clues *clues, const char *path, const struct guarded *file)
{
	const char *end = file->bytes + file->length;
	for (const char *line = file->bytes; line < end; line += strcspn(line, "\n") + 1) {
		struct str value = STR_INIT;
		char key[128];
		const char *at = line + strspn(line, " \t");
		at += starts_with(at, "export ") ? strlen("export ") : 0;
		size_t length = strcspn(at, " \t=\n");
		if (!length || length >= sizeof(key) || *at == '#' ||
			at[length + strspn(at + length, " \t")] != '=')
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)length, at);
		int64_t id = 0;
		if (!env_file_find(file->bytes, file->length, key, &value, NULL)) {
			str_release(&value);
			return;
		}
		bool is_one = is_token(value.text, &id);
		if (is_one && !clues->env_file[0] && (!clues->tg_id || clues->tg_id == id)) {
			clues->tg_id = id;
			copy_text(clues->env_file, sizeof(clues->env_file), path);
			copy_text(clues->key, sizeof(clues->key), key);
		} else if (!is_one) {
			add_setting(clues, key, value.text);
		}
		if (value.capacity)
			wipe(value.text, value.capacity);
		str_release(&value);
	}
}

static void add_json(struct clues *clues, const char *path, const json_t *object, int depth)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		const char *text = json_string_value(value);
		int64_t id = 0;
		if (json_is_object(value) && depth < DEPTH_MAX) {
			add_json(clues, path, value, depth + 1);
		} else if (text && is_token(text, &id)) {
			if (!clues->tg_id)
				clues->tg_id = id;
			if (!clues->inside[0])
				copy_text(clues->inside, sizeof(clues->inside), path);
		} else if (text && strcasestr(key, "token") && is_path(text)) {
			add_file(clues, text, depth + 1);
		} else if (text) {
			add_setting(clues, key, text);
		}
	}
}

static bool is_called(const char *path, const char *ending)
{
	size_t length = strlen(path), end = strlen(ending);
	return length > end && strcmp(path + length - end, ending) == 0;
}

/* `called`: as the bot knows it; `path`: where we found it. */
static void add_settings(struct clues *clues, const char *called, const char *path,
	const struct guarded *file, int depth)
{
	const char *name = strrchr(called, '/') ? strrchr(called, '/') + 1 : called;
	if (is_called(called, ".json") && depth < DEPTH_MAX) {
		json_t *root = json_loadb(file->bytes, file->length, 0, NULL);
		if (json_is_object(root))
			add_json(clues, path, root, depth);
		json_decref(root);
	} else if (strstr(name, "env")) {
		add_lines(clues, path, file);
	}
}

static void add_file(struct clues *clues, const char *called, int depth)
{
	struct guarded file autoguard = {0};
	char path[sizeof(clues->file)];
	int64_t id = 0;
	if (!is_path(called) || starts_with(called, "/proc/") || starts_with(called, "/sys/") ||
		!find_place(clues, called, path, sizeof(path)) ||
		!read_guarded(path, FILE_MAX, true, &file))
		return;
	if (!is_token(file.bytes, &id)) {
		add_settings(clues, called, path, &file, depth);
		return;
	}
	if (clues->file[0] || (clues->tg_id && clues->tg_id != id))
		return;
	clues->tg_id = id;
	copy_text(clues->file, sizeof(clues->file), path);
}

void clues_add_file(struct clues *clues, const char *path)
{
	add_file(clues, path, 0);
}

/* ---- a command ---- */

static bool is_settings_file(const char *word)
{
	return is_called(word, ".json") || is_called(word, ".env") || is_called(word, "token") ||
	       is_called(word, ".txt");
}

static void add_word(struct clues *clues, const char *word, const char *folder)
{
	const char *equals = strchr(word, '=');
	const char *path = starts_with(word, "--") && equals ? equals + 1 : word;
	if (!is_settings_file(path))
		return;
	autofree char *whole = *path == '/' ? xstrdup(path) : xasprintf("%s/%s", folder, path);
	if (*path == '/' || *folder)
		clues_add_file(clues, whole);
}

void clues_add_command(struct clues *clues, const char *command, const char *folder)
{
	autofree char *words = xstrdup(command);
	char *save = NULL;
	int count = 0;
	for (char *word = strtok_r(words, " ", &save); word && count < WORDS_MAX; count++) {
		add_word(clues, word, folder);
		word = strtok_r(NULL, " ", &save);
	}
	if (!*folder || clues->file[0] || clues->env_file[0])
		return;
	autofree char *env = xasprintf("%s/.env", folder);
	clues_add_file(clues, env);
}

static void take(char *to, size_t size, const char *from)
{
	if (!*to)
		copy_text(to, size, from);
}

void clues_merge(struct clues *clues, const struct clues *more)
{
	if (!clues->tg_id)
		clues->tg_id = more->tg_id;
	clues->talks |= more->talks;
	take(clues->variable, sizeof(clues->variable), more->variable);
	take(clues->inside, sizeof(clues->inside), more->inside);
	take(clues->transport, sizeof(clues->transport), more->transport);
	take(clues->name, sizeof(clues->name), more->name);
	if (!clues->tg_id || clues->tg_id == more->tg_id) {
		take(clues->file, sizeof(clues->file), more->file);
		if (!clues->env_file[0])
			copy_text(clues->key, sizeof(clues->key), more->key);
		take(clues->env_file, sizeof(clues->env_file), more->env_file);
	}
	for (size_t i = 0; i < more->service_count; i++)
		clue_service_add(clues, &more->services[i]);
}

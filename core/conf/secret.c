/* SPDX-License-Identifier: MIT */
/* Reads a secret where the configuration says it is. No message here holds a byte of one. */
#include "core/conf/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/conf/command.h"
#include "core/parse/env_file.h"

enum { SECRET_BYTES_MAX = 4096, ENV_FILE_BYTES_MAX = 256 << 10 };

void str_wipe(struct str *str)
{
	if (str->capacity)
		wipe(str->text, str->capacity);
	str_release(str);
}
#define autowipe CLEANUP(str_wipe)

/* Room for all of it at once: growing would leave copies behind. */
static void reserve_secret(struct str *str, size_t size)
{
	char *room autofree = xcalloc(1, size);
	str_add(str, room, size);
	str_clear(str);
}

/* The first line, without blanks around it. */
static bool take_line(
	const char *text, size_t length, const char *where, struct str *ret, struct err *err)
{
	const char *end = memchr(text, '\n', length);
	if (end)
		length = (size_t)(end - text);
	while (length && isspace((unsigned char)*text))
		text++, length--;
	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	if (!length)
		return err_set(err, ERR_INVALID, "%.200s holds nothing in its first line", where);
	str_add(ret, text, length);
	return true;
}

static bool from_file(const char *path, enum file_trust trust, struct str *ret, struct err *err)
{
	struct str text autowipe = STR_INIT;
	reserve_secret(&text, SECRET_BYTES_MAX + 1);
	return read_file(path, trust, SECRET_BYTES_MAX, &text, err) &&
	       take_line(text.text, text.length, path, ret, err);
}

static bool from_env_file(const char *path, const char *key, struct str *ret, struct err *err)
{
	struct str text autowipe = STR_INIT, value autowipe = STR_INIT;
	reserve_secret(&text, ENV_FILE_BYTES_MAX + 1);
	reserve_secret(&value, SECRET_BYTES_MAX + 1);
	struct err why = {0};
	if (!read_file(path, FILE_SECRET, ENV_FILE_BYTES_MAX, &text, err))
		return false;
	if (env_file_find(text.text, text.length, key, &value, &why))
		return take_line(value.text, value.length, path, ret, err);
	if (why.code == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, "'%.160s' has no line %.60s=...", path, key);
	return err_set(err, why.code, "'%.120s': %.120s", path, why.text);
}

static bool from_credential(const char *name, struct str *ret, struct err *err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	if (!folder)
		return err_set(err, ERR_NOT_FOUND,
			"credential '%s': no $CREDENTIALS_DIRECTORY; start the engine from a unit "
			"with "
			"LoadCredential=%s:PATH",
			name, name);
	char *path autofree = xasprintf("%s/%s", folder, name);
	return from_file(path, FILE_CREDENTIAL, ret, err);
}

static bool from_command(const struct argv *command, int stop_fd, struct str *ret, struct err *err)
{
	struct str text autowipe = STR_INIT;
	reserve_secret(&text, SECRET_BYTES_MAX + 1);
	return command_output(command, SECRET_COMMAND_MS, stop_fd, SECRET_BYTES_MAX, &text, err) &&
	       take_line(text.text, text.length, command->argv[0], ret, err);
}

bool settings_secret(const struct secret_ref *ref, int stop_fd, struct str *ret, struct err *err)
{
	if (!ref->given)
		return err_set(err, ERR_NOT_FOUND, "no secret is configured");
	if (*ref->file)
		return from_file(ref->file, FILE_SECRET, ret, err);
	if (*ref->env_file)
		return from_env_file(ref->env_file, ref->key, ret, err);
	if (*ref->credential)
		return from_credential(ref->credential, ret, err);
	return from_command(&ref->command, stop_fd, ret, err);
}

bool settings_secret_end(struct command_run *run, bool has_ended, struct str *ret, struct err *err)
{
	struct str text autowipe = STR_INIT;
	char *name autofree = xstrdup(run->name);
	reserve_secret(&text, SECRET_BYTES_MAX + 1);
	return command_end(run, has_ended ? COMMAND_ENDED : COMMAND_LATE, SECRET_COMMAND_MS,
		       SECRET_BYTES_MAX, &text, err) &&
	       take_line(text.text, text.length, name, ret, err);
}

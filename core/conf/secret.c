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

enum { SECRET_BYTES_MAX = 4096, ENV_FILE_BYTES_MAX = 256 << 10, COMMAND_LIMIT_MS = 5000 };

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

/* The value of `KEY=value`, also with `export` before it and quotes around it. */
static bool match_line(const char *line, size_t length, const char *key, const char **ret_value,
	size_t *ret_length)
{
	const char *end = line + length;
	size_t key_length = strlen(key);
	while (line < end && isblank((unsigned char)*line))
		line++;
	if (end - line > 7 && !memcmp(line, "export ", 7))
		line += 7;
	if ((size_t)(end - line) <= key_length || memcmp(line, key, key_length) != 0 ||
		line[key_length] != '=')
		return false;
	const char *value = line + key_length + 1;
	while (end > value && isspace((unsigned char)end[-1]))
		end--;
	if (end - value >= 2 && (*value == '"' || *value == '\'') && end[-1] == *value)
		value++, end--;
	*ret_value = value;
	*ret_length = (size_t)(end - value);
	return true;
}

static bool from_env_file(const char *path, const char *key, struct str *ret, struct err *err)
{
	struct str text autowipe = STR_INIT;
	reserve_secret(&text, ENV_FILE_BYTES_MAX + 1);
	if (!read_file(path, FILE_SECRET, ENV_FILE_BYTES_MAX, &text, err))
		return false;
	const char *found = NULL, *value;
	size_t found_length = 0, length;
	for (const char *line = text.text, *next; *line; line = next) { /* the last one wins */
		size_t size = strcspn(line, "\n");
		next = line + size + (line[size] == '\n');
		if (match_line(line, size, key, &value, &length))
			found = value, found_length = length;
	}
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "'%.160s' has no line %.60s=...", path, key);
	return take_line(found, found_length, path, ret, err);
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

static bool from_command(const struct argv *command, struct str *ret, struct err *err)
{
	struct str text autowipe = STR_INIT;
	reserve_secret(&text, SECRET_BYTES_MAX + 1);
	return command_output(command, COMMAND_LIMIT_MS, SECRET_BYTES_MAX, &text, err) &&
	       take_line(text.text, text.length, command->argv[0], ret, err);
}

bool settings_secret(const struct secret_ref *ref, struct str *ret, struct err *err)
{
	if (!ref->given)
		return err_set(err, ERR_NOT_FOUND, "no secret is configured");
	if (*ref->file)
		return from_file(ref->file, FILE_SECRET, ret, err);
	if (*ref->env_file)
		return from_env_file(ref->env_file, ref->key, ret, err);
	if (*ref->credential)
		return from_credential(ref->credential, ret, err);
	return from_command(&ref->command, ret, err);
}

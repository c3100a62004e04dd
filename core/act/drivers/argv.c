/* SPDX-License-Identifier: MIT */
#include "core/act/drivers/argv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/conf/settings.h"

struct placeholder {
	const char *name;
	size_t offset; /* in struct argv_values */
};

static const struct placeholder placeholders[] = {
	{"{bot}", offsetof(struct argv_values, bot)},
	{"{program}", offsetof(struct argv_values, program)},
	{"{file}", offsetof(struct argv_values, file)},
	{"{time}", offsetof(struct argv_values, time)},
	{"{reason}", offsetof(struct argv_values, reason)},
};

static const struct placeholder *placeholder_at(const char *text)
{
	for (size_t i = 0; i < COUNT_OF(placeholders); i++)
		if (starts_with(text, placeholders[i].name))
			return &placeholders[i];
	return NULL;
}

bool argv_expand_text(
	const char *template, const struct argv_values *values, char **ret, struct err *err)
{
	autostr struct str out = STR_INIT;
	for (const char *at = template; *at;) {
		const struct placeholder *found = placeholder_at(at);
		if (!found) {
			str_addch(&out, *at++);
			continue;
		}
		const char *value =
			*(const char *const *)(const void *)((const char *)values + found->offset);
		if (!value)
			return err_set(err, ERR_INVALID, "%s has no value in '%s': take it out",
				found->name, template);
		str_adds(&out, value);
		at += strlen(found->name);
	}
	*ret = str_detach(&out);
	return true;
}

static bool is_guarded(char *const *argv, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(argv[i], "--") == 0)
			return true;
	return false;
}

bool argv_expand(
	const struct argv *template, const struct argv_values *values, char ***ret, struct err *err)
{
	char **argv = xcalloc(template->count + 1, sizeof(*argv));
	bool good = true;
	for (size_t i = 0; i < template->count && good; i++) {
		const char *from = template->argv[i];
		good = argv_expand_text(from, values, &argv[i], err);
		if (good && placeholder_at(from) && argv[i][0] == '-' && !is_guarded(argv, i))
			good = err_set(err, ERR_INVALID,
				"'%s' would be read as an option of '%s': write '--' before %s in "
				"its command",
				argv[i], argv[0], from);
	}
	if (good)
		*ret = argv;
	else
		argv_free(argv);
	return good;
}

void argv_free(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

static bool is_plain(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./:=@%+,~{}";
	return *text && text[strspn(text, plain)] == '\0';
}

char *argv_show(char *const *argv)
{
	autostr struct str line = STR_INIT, plain = STR_INIT, safe = STR_INIT;
	for (size_t i = 0; argv[i]; i++) {
		str_adds(&line, i ? " " : "");
		if (is_plain(argv[i]))
			str_adds(&line, argv[i]);
		else
			str_addf(&line, "'%s'", argv[i]);
	}
	redact(NULL, &plain, line.text, line.length, 0);
	sanitize_clip(&safe, plain.text, plain.length, 500);
	return str_detach(&safe);
}

static bool can_run(const char *path)
{
	struct stat info;
	if (stat(path, &info) < 0)
		return false;
	errno = S_ISREG(info.st_mode) ? 0 : EACCES;
	return errno == 0 && access(path, X_OK) == 0;
}

static bool cannot_run(const char *name, struct err *err)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return err_set(err, ERR_NOT_FOUND, "cannot run '%s': not found", name);
	return err_errno(err, errno, "cannot run '%s'", name);
}

bool argv_find_program(const char *name, const char *path, char **ret, struct err *err)
{
	if (strchr(name, '/')) {
		if (!can_run(name))
			return cannot_run(name, err);
		*ret = xstrdup(name);
		return true;
	}
	int seen = ENOENT;
	for (const char *part = path, *end; *name && part && *part; part = *end ? end + 1 : end) {
		end = strchrnul(part, ':');
		if (*part != '/')
			continue;
		autofree char *file = xasprintf("%.*s/%s", (int)(end - part), part, name);
		if (can_run(file)) {
			*ret = xstrdup(file);
			return true;
		}
		seen = errno == EACCES ? EACCES : seen;
	}
	errno = seen;
	return cannot_run(name, err);
}

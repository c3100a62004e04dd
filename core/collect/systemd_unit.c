/* SPDX-License-Identifier: MIT */
/*
 * The properties and their meaning are those of org.freedesktop.systemd1(5). The texts that are
 * read here belong to the message and live as long as it.
 */
#include "core/collect/systemd_unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/unit_file.h"

struct seen {
	const char *load, *active, *sub, *result, *directory, *output, *error, *fragment;
	uint32_t pid, restarts;
	int32_t code, status;
	uint64_t started_us, ended_us;
	char **drop_ins; /* ours */
	struct program *program;
};

static void release_seen(struct seen *seen)
{
	for (char **each = seen->drop_ins; each && *each; each++)
		free(*each);
	free((void *)seen->drop_ins);
}

#define autoseen CLEANUP(release_seen)

/* ---- properties that are lists: < 0 a negative errno ---- */

static int take_environment(sd_bus_message *reply, struct seen *seen)
{
	const char *variable;
	int result = sd_bus_message_enter_container(reply, 'a', "s");
	while (result >= 0 && (result = sd_bus_message_read_basic(reply, 's', &variable)) > 0)
		(void)program_env(seen->program, variable, strlen(variable));
	return result < 0 ? result : sd_bus_message_exit_container(reply);
}

/* The first file. */
static int take_environment_files(sd_bus_message *reply, struct seen *seen)
{
	const char *path;
	int is_optional, result = sd_bus_message_enter_container(reply, 'a', "(sb)");
	while (result >= 0 &&
		(result = sd_bus_message_read(reply, "(sb)", &path, &is_optional)) > 0)
		if (!*seen->program->env_file)
			program_text(&seen->program->env_file, path, strlen(path));
	return result < 0 ? result : sd_bus_message_exit_container(reply);
}

static void add_word(struct str *command, const char *word)
{
	if (command->length)
		str_addch(command, ' ');
	str_adds(command, word);
}

/* path, argv, whether failure is ignored; then times and the outcome of its last run. */
static int take_command(sd_bus_message *reply, struct str *command)
{
	const char *path, *word;
	int result = sd_bus_message_read_basic(reply, 's', &path);
	if (result >= 0)
		result = sd_bus_message_enter_container(reply, 'a', "s");
	while (result >= 0 && (result = sd_bus_message_read_basic(reply, 's', &word)) > 0)
		add_word(command, word);
	if (result >= 0)
		result = sd_bus_message_exit_container(reply);
	return result < 0 ? result : sd_bus_message_skip(reply, "bttttuii");
}

/* The first command: more than one has a service of Type=oneshot only. */
static int take_commands(sd_bus_message *reply, struct seen *seen)
{
	autostr struct str first = STR_INIT, other = STR_INIT;
	struct str *command = &first;
	int result = sd_bus_message_enter_container(reply, 'a', "(sasbttttuii)");
	while (result >= 0 &&
		(result = sd_bus_message_enter_container(reply, 'r', "sasbttttuii")) > 0) {
		result = take_command(reply, command);
		command = &other;
		if (result >= 0)
			result = sd_bus_message_exit_container(reply);
	}
	program_text(&seen->program->command, first.text, first.length);
	return result < 0 ? result : sd_bus_message_exit_container(reply);
}

static int take_drop_ins(sd_bus_message *reply, struct seen *seen)
{
	release_seen(seen);
	seen->drop_ins = NULL;
	return sd_bus_message_read_strv(reply, &seen->drop_ins);
}

/* ---- all of them ---- */

/* Either a basic type and where it goes, or a function. */
static const struct property {
	const char *name, *type;
	size_t offset;
	int (*take)(sd_bus_message *reply, struct seen *seen);
} properties[] = {
	{"LoadState", "s", offsetof(struct seen, load), NULL},
	{"ActiveState", "s", offsetof(struct seen, active), NULL},
	{"SubState", "s", offsetof(struct seen, sub), NULL},
	{"Result", "s", offsetof(struct seen, result), NULL},
	{"WorkingDirectory", "s", offsetof(struct seen, directory), NULL},
	{"StandardOutput", "s", offsetof(struct seen, output), NULL},
	{"StandardError", "s", offsetof(struct seen, error), NULL},
	{"FragmentPath", "s", offsetof(struct seen, fragment), NULL},
	{"MainPID", "u", offsetof(struct seen, pid), NULL},
	{"NRestarts", "u", offsetof(struct seen, restarts), NULL},
	{"ExecMainCode", "i", offsetof(struct seen, code), NULL},
	{"ExecMainStatus", "i", offsetof(struct seen, status), NULL},
	{"ExecMainStartTimestamp", "t", offsetof(struct seen, started_us), NULL},
	{"ExecMainExitTimestamp", "t", offsetof(struct seen, ended_us), NULL},
	{"Environment", "as", 0, take_environment},
	{"EnvironmentFiles", "a(sb)", 0, take_environment_files},
	{"ExecStart", "a(sasbttttuii)", 0, take_commands},
	{"DropInPaths", "as", 0, take_drop_ins},
};

static const struct property *find_property(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(properties); i++)
		if (!strcmp(properties[i].name, name))
			return &properties[i];
	return NULL;
}

static int take_value(sd_bus_message *reply, const struct property *property, struct seen *seen)
{
	int result = sd_bus_message_enter_container(reply, 'v', property->type);
	if (result < 0)
		return result;
	if (property->take)
		result = property->take(reply, seen);
	else
		result = sd_bus_message_read_basic(
			reply, property->type[0], (char *)seen + property->offset);
	return result < 0 ? result : sd_bus_message_exit_container(reply);
}

static int take_properties(sd_bus_message *reply, struct seen *seen)
{
	const char *name;
	int result = sd_bus_message_enter_container(reply, 'a', "{sv}");
	while (result >= 0 && (result = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
		result = sd_bus_message_read_basic(reply, 's', &name);
		if (result < 0)
			return result;
		const struct property *property = find_property(name);
		result = property ? take_value(reply, property, seen)
				  : sd_bus_message_skip(reply, "v");
		if (result >= 0)
			result = sd_bus_message_exit_container(reply);
	}
	return result;
}

/* ---- what they mean ---- */

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

/* A service that starts or stops runs as long as it has a main process; between a failure and the
 * next try it has none and waits. */
static const char *state_of(const struct seen *seen)
{
	static const char *const known[] = {
		"active", "reloading", "refreshing", "activating", "deactivating", NULL};
	if (starts_with(seen->sub, "auto-restart"))
		return "backoff";
	if (!strcmp(seen->active, "failed"))
		return "fatal";
	if (!strcmp(seen->active, "inactive"))
		return "stopped";
	if (!is_one_of(seen->active, known))
		return "unknown";
	if (seen->pid || !strcmp(seen->sub, "running"))
		return "running";
	return strcmp(seen->active, "active") ? "absent" : "stopped";
}

/* As `systemctl status` prints them. */
static void tell_words(const struct seen *seen, struct program *program)
{
	autostr struct str words = STR_INIT;
	bool is_failed = !strcmp(seen->active, "failed");
	str_adds(&words, seen->active);
	if (strcmp(seen->load, "loaded") != 0)
		str_addf(&words, " (%s)", seen->load);
	else if (!is_failed)
		str_addf(&words, " (%s)", seen->sub);
	if (*seen->result && strcmp(seen->result, "success") != 0)
		str_addf(&words, " (Result: %s)", seen->result);
	program_text(&program->words, words.text, words.length);
}

static void tell_end(const struct seen *seen, struct program *program)
{
	program->is_oom = !strcmp(seen->result, "oom-kill");
	if (!seen->ended_us || seen->code == 0)
		return;
	program->ended_ms = (int64_t)(seen->ended_us / 1000);
	program->exit_status =
		(seen->code == CLD_EXITED ? seen->status : 128 + seen->status) & 0xff;
}

/* ---- where it writes ---- */

static void find_in_file(const char *path, const char *key, struct str *value)
{
	char text[LIMIT_UNIT_FILE_BYTES];
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (length > 0)
		(void)unit_file_find(text, (size_t)length, key, value);
}

/* The bus says "append", not to which file: the unit's files do. */
static void tell_file(const struct seen *seen, const struct unit_specifiers *specifiers,
	const char *key, char **to)
{
	autostr struct str value = STR_INIT, path = STR_INIT;
	find_in_file(seen->fragment, key, &value);
	for (char *const *each = seen->drop_ins; each && *each; each++)
		find_in_file(*each, key, &value);
	const char *colon = strchr(value.text, ':');
	if (colon && unit_expand(specifiers, colon + 1, &path) && path.text[0] == '/')
		program_text(to, path.text, path.length);
}

static void tell_place(const struct seen *seen, const struct unit_specifiers *specifiers,
	const char *output, const char *key, char **to)
{
	static const char *const journals[] = {"journal", "journal+console", "syslog",
		"syslog+console", "kmsg", "kmsg+console", NULL},
				 *const files[] = {"file", "append", "truncate", NULL};
	autostr struct str place = STR_INIT;
	if (is_one_of(output, files)) {
		tell_file(seen, specifiers, key, to);
		return;
	}
	if (!is_one_of(output, journals))
		return;
	str_addf(&place, "journal:%s", specifiers->unit);
	program_text(to, place.text, place.length);
}

static void tell_logs(
	const struct seen *seen, const char *id, bool is_user, struct program *program)
{
	const struct unit_specifiers system = {.unit = id,
					     .home = "/root",
					     .runtime = "/run",
					     .state = "/var/lib",
					     .log = "/var/log"},
				     user = {.unit = id,
					     .home = getenv("HOME"),
					     .runtime = getenv("XDG_RUNTIME_DIR")};
	const struct unit_specifiers *specifiers = is_user ? &user : &system;
	tell_place(seen, specifiers, seen->output, "StandardOutput", &program->log);
	if (strcmp(seen->error, "inherit") != 0)
		tell_place(seen, specifiers, seen->error, "StandardError", &program->error_log);
	else
		program_text(&program->error_log, program->log, strlen(program->log));
}

bool systemd_unit_read(sd_bus_message *reply, const char *id, bool is_user, struct program *program,
	struct err *err)
{
	autoseen struct seen seen = {.load = "",
		.active = "",
		.sub = "",
		.result = "",
		.directory = "",
		.output = "",
		.error = "",
		.fragment = "",
		.program = program};
	sd_bus_message_sensitive(reply);
	int result = take_properties(reply, &seen);
	if (result < 0 || !*seen.active)
		return err_set(err, ERR_PROTOCOL, "cannot read what systemd says of '%.100s': %s",
			id, result < 0 ? strerror(-result) : "no ActiveState");
	program_text(&program->state, state_of(&seen), strlen(state_of(&seen)));
	/* "!" before it: it may be absent; "~": the home of its user. */
	const char *directory = seen.directory + (seen.directory[0] == '!');
	if (directory[0] == '/')
		program_text(&program->directory, directory, strlen(directory));
	program->pid = (pid_t)seen.pid;
	program->restarts = seen.restarts;
	program->start_ms = (int64_t)(seen.started_us / 1000);
	tell_words(&seen, program);
	tell_end(&seen, program);
	tell_logs(&seen, id, is_user, program);
	return true;
}

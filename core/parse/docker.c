/* SPDX-License-Identifier: MIT */
#include "core/parse/docker.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/secret.h"

enum { PID_MAX = 1 << 22, MESSAGE_CELLS = 120, ID_BYTES_MIN = 12 };

static void release_json(json_t **json)
{
	json_decref(*json);
}

#define autojson CLEANUP(release_json)

static json_t *load(const char *body, size_t length)
{
	return json_loadb(body, length, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
}

static const char *text_of(const json_t *value)
{
	const char *text = json_string_value(value);
	return text ? text : "";
}

static char *copy_member(const json_t *object, const char *key)
{
	return xstrdup(text_of(json_object_get(object, key)));
}

static int64_t number(
	const json_t *object, const char *key, int64_t min, int64_t max, int64_t unknown)
{
	const json_t *value = json_object_get(object, key);
	json_int_t found = json_integer_value(value);
	return json_is_integer(value) && found >= min && found <= max ? found : unknown;
}

/* "0001-01-01T00:00:00Z" is Go's for never. */
static int64_t moment(const json_t *object, const char *key)
{
	const char *text = text_of(json_object_get(object, key));
	int64_t wall_ms = 0;
	if (!parse_rfc3339(text, strlen(text), &wall_ms, NULL) || wall_ms < 0)
		return 0;
	return wall_ms;
}

/* ---- the list ---- */

static bool is_id(const char *text)
{
	size_t length = strlen(text);
	return length >= ID_BYTES_MIN && length <= DOCKER_ID_BYTES &&
	       strspn(text, "0123456789abcdef") == length;
}

bool docker_read_list(
	const char *body, size_t length, size_t max, struct docker_list *ret, struct err *err)
{
	struct docker_list list = {0};
	autojson json_t *root = load(body, length);
	size_t count = json_array_size(root);
	if (!json_is_array(root))
		return err_set(err, ERR_PROTOCOL, "no list of containers is in the answer");
	if (count > max)
		return err_set(err, ERR_LIMIT,
			"more than %zu containers: name those that are wanted", max);
	list.ids = xcalloc(count + 1, sizeof(*list.ids));
	for (size_t i = 0; i < count; i++) {
		const char *id = text_of(json_object_get(json_array_get(root, i), "Id"));
		if (!is_id(id)) {
			docker_list_release(&list);
			return err_set(err, ERR_PROTOCOL, "container %zu of the list has no Id", i);
		}
		copy_text(list.ids[list.count++], sizeof(*list.ids), id);
	}
	*ret = list;
	return true;
}

void docker_list_release(struct docker_list *list)
{
	free(list->ids);
	*list = (struct docker_list){0};
}

/* ---- one container ---- */

static void add_word(struct str *command, const json_t *word)
{
	const char *text = text_of(word);
	if (command->length && *text)
		str_addch(command, ' ');
	str_adds(command, text);
}

static void add_words(struct str *command, const json_t *words)
{
	size_t at;
	json_t *word;
	json_array_foreach(words, at, word) add_word(command, word);
}

/* Podman's Args begin with the Path when there are no others. */
static char *command_of(const json_t *root)
{
	struct str command = STR_INIT;
	const json_t *path = json_object_get(root, "Path"), *args = json_object_get(root, "Args");
	if (!path || !json_equal(path, json_array_get(args, 0)))
		add_word(&command, path);
	add_words(&command, args);
	return str_detach(&command);
}

static void take_variables(const json_t *variables, docker_variable *each, void *context)
{
	size_t at;
	json_t *variable;
	json_array_foreach(variables, at, variable)
	{
		const char *text = json_string_value(variable);
		size_t length = json_string_length(variable);
		if (!text)
			continue;
		each(context, text, length);
		/* The document is ours; only its reader promises not to write. */
		wipe((void *)(uintptr_t)text, length);
	}
}

static const char *name_of(const json_t *root)
{
	const char *name = text_of(json_object_get(root, "Name"));
	return name + (name[0] == '/');
}

static void read_container(const json_t *root, struct docker_container *to)
{
	const json_t *state = json_object_get(root, "State");
	const json_t *config = json_object_get(root, "Config");
	const json_t *host = json_object_get(root, "HostConfig");
	const json_t *policy = json_object_get(host, "RestartPolicy");
	const char *id = text_of(json_object_get(root, "Id"));
	*to = (struct docker_container){.id = xstrdup(is_id(id) ? id : ""),
		.name = xstrdup(name_of(root)),
		.status = copy_member(state, "Status"),
		.error = copy_member(state, "Error"),
		.policy = copy_member(policy, "Name"),
		.command = command_of(root),
		.directory = copy_member(config, "WorkingDir"),
		.log_driver = copy_member(json_object_get(host, "LogConfig"), "Type"),
		.log_path = copy_member(root, "LogPath"),
		.pid = (int32_t)number(state, "Pid", 1, PID_MAX, 0),
		.started_ms = moment(state, "StartedAt"),
		.finished_ms = moment(state, "FinishedAt"),
		.restarts = number(root, "RestartCount", 0, INT64_MAX, -1),
		.restarts_max = number(policy, "MaximumRetryCount", 0, INT64_MAX, 0),
		.exit_code = (int)number(state, "ExitCode", 0, 255, -1),
		.is_oom = json_is_true(json_object_get(state, "OOMKilled")),
		.has_tty = json_is_true(json_object_get(config, "Tty"))};
}

bool docker_read_container(const char *body, size_t length, docker_variable *each, void *context,
	struct docker_container *ret, struct err *err)
{
	autojson json_t *root = load(body, length);
	const json_t *config = json_object_get(root, "Config");
	take_variables(json_object_get(config, "Env"), each, context);
	const json_t *state = json_object_get(root, "State");
	if (!*name_of(root) || !*text_of(json_object_get(state, "Status")))
		return err_set(err, ERR_PROTOCOL, "no container is in the answer");
	read_container(root, ret);
	return true;
}

void docker_container_release(struct docker_container *container)
{
	free(container->id);
	free(container->name);
	free(container->status);
	free(container->error);
	free(container->policy);
	free(container->command);
	free(container->directory);
	free(container->log_driver);
	free(container->log_path);
	*container = (struct docker_container){0};
}

void docker_read_message(const char *body, size_t length, struct str *ret)
{
	autojson json_t *root = load(body, length);
	const json_t *message = json_object_get(root, "message");
	sanitize_clip(ret, text_of(message), json_string_length(message), MESSAGE_CELLS);
}

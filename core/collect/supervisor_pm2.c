/* SPDX-License-Identifier: MIT */
/*
 * pm2, by the socket of its daemon (rpc.sock in its folder: JSON in AMP frames, as its own command
 * line speaks). The command line itself would start a daemon where none runs. What the daemon tells
 * holds the whole environment of every app, tokens and all: of it the key and id of a token are
 * kept, the rest is wiped.
 */
#include "core/collect/programs.h"
#include "core/collect/supervisor_pm2.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/parse/amp.h"
#include "core/parse/pid.h"
#include "core/collect/net.h"

#define NUMBER_MAX 1e15 /* of what it tells: times in ms, and less */
enum { ANSWER_MAX = 32 << 20, ROOM_FIRST = 64 << 10 };

/* node_modules/pm2/constants.js */
static const struct {
	const char *theirs, *ours;
} states[] = {
	{"online", "running"},
	{"launching", "running"},
	{"stopping", "running"},
	{"one-launch-status", "running"},
	{"waiting restart", "backoff"},
	{"stopped", "stopped"},
	{"errored", "fatal"},
};

static const char *state_of(const char *theirs)
{
	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (strcmp(states[i].theirs, theirs) == 0)
			return states[i].ours;
	return "unknown";
}

/* ---- bytes that hold tokens ---- */

struct answer {
	char *bytes;
	size_t length, size;
};

static void answer_release(struct answer *answer)
{
	if (answer->bytes)
		wipe(answer->bytes, answer->size);
	free(answer->bytes);
	*answer = (struct answer){0};
}

/* Never by realloc(), which leaves copies behind. */
static void make_room(struct answer *answer)
{
	if (answer->length < answer->size)
		return;
	struct answer larger = {
		.length = answer->length, .size = answer->size ? answer->size * 2 : ROOM_FIRST};
	larger.bytes = xmalloc(larger.size);
	if (answer->length)
		memcpy(larger.bytes, answer->bytes, answer->length);
	answer_release(answer);
	*answer = larger;
}

static void wipe_json(json_t *value)
{
	const char *key;
	size_t at;
	json_t *item;
	if (json_is_string(value))
		wipe((char *)(uintptr_t)json_string_value(value), json_string_length(value));
	json_object_foreach(value, key, item) wipe_json(item);
	json_array_foreach(value, at, item) wipe_json(item);
}

/* ---- one app ---- */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *key, int64_t otherwise)
{
	double number = json_number_value(json_object_get(object, key));
	bool fits = number > -NUMBER_MAX && number < NUMBER_MAX; /* false for what is none, too */
	return json_is_number(json_object_get(object, key)) && fits ? (int64_t)number : otherwise;
}

static void take_environment(struct program *program, const json_t *environment)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)environment, key, value)
	{
		const char *text = json_string_value(value);
		if (!text || program->tg_id)
			continue;
		char *line = xasprintf("%s=%s", key, text);
		program_env(program, line, strlen(line));
		wipe(line, strlen(line));
		free(line);
	}
}

static void take_command(struct program *program, const json_t *settings)
{
	autostr struct str command = STR_INIT;
	const char *interpreter = text_of(settings, "exec_interpreter");
	size_t at;
	json_t *word;
	if (*interpreter && strcmp(interpreter, "none") != 0)
		str_addf(&command, "%s ", interpreter);
	str_adds(&command, text_of(settings, "pm_exec_path"));
	json_array_foreach(json_object_get(settings, "args"), at, word) if (json_is_string(word))
		str_addf(&command, " %s", json_string_value(word));
	program_set(&program->command, command.text);
}

static void take_end(struct program *program, const json_t *settings)
{
	int64_t status = number_of(settings, "exit_code", -1);
	if (status >= 0 && status <= 255)
		program->exit_status = (int)status;
	if (program->exit_status >= 0 && strcmp(program->state, "running") != 0)
		program_setf(&program->words, "%s (exit code %d)", text_of(settings, "status"),
			program->exit_status);
	else
		program_set(&program->words, text_of(settings, "status"));
}

static void add_app(struct programs *programs, const json_t *app)
{
	const json_t *settings = json_object_get(app, "pm2_env");
	struct program *program = programs_add(programs);
	program_set(&program->name, text_of(app, "name"));
	program_set(&program->state, state_of(text_of(settings, "status")));
	program->pid = pid_from_number(number_of(app, "pid", 0));
	if (program->pid > 0)
		program->start_ms = number_of(settings, "pm_uptime", 0);
	program->restarts = number_of(settings, "restart_time", -1);
	program_set(&program->log, text_of(settings, "pm_out_log_path"));
	program_set(&program->error_log, text_of(settings, "pm_err_log_path"));
	program_set(&program->directory, text_of(settings, "pm_cwd"));
	take_end(program, settings);
	take_command(program, settings);
	take_environment(program, json_object_get(settings, "env"));
	take_environment(program, settings);
}

/* ---- the question ---- */

static bool receive(struct net *net, const struct net_limit *limit, struct answer *answer,
	struct amp_frame *ret, struct err *err)
{
	for (;;) {
		enum amp_state state = amp_read(answer->bytes, answer->length, ANSWER_MAX, ret);
		size_t got = 0;
		if (state == AMP_WHOLE)
			return true;
		if (state == AMP_BROKEN)
			return err_set(err, ERR_PROTOCOL, "it does not answer as pm2 does");
		make_room(answer);
		if (!net_receive(net, answer->bytes + answer->length, answer->size - answer->length,
			    limit, &got, err))
			return false;
		answer->length += got;
	}
}

bool pm2_read_answer(const struct amp_frame *frame, struct programs *programs, struct err *err)
{
	const struct amp_argument *argument = &frame->arguments[0];
	size_t at;
	json_t *app;
	if (frame->count < 1 || argument->length < 2 || memcmp(argument->bytes, "j:", 2) != 0)
		return err_set(err, ERR_PROTOCOL, "it does not answer as pm2 does");
	json_t *root = json_loadb(argument->bytes + 2, argument->length - 2, 0, NULL);
	const json_t *apps = json_array_get(json_object_get(root, "args"), 0);
	bool is_well = json_is_array(apps);
	json_array_foreach(apps, at, app) add_app(programs, app);
	wipe_json(root);
	json_decref(root);
	return is_well || err_set(err, ERR_PROTOCOL, "it does not list its apps");
}

static bool ask(const char *socket, const struct programs_question *question, struct programs *ret,
	struct err *err)
{
	static const char *const call[] = {
		"j:{\"type\":\"call\",\"method\":\"getMonitorData\",\"args\":[{}]}",
		"s:botswain:0"};
	const struct net_limit limit = {.clock = clock_real(),
		.deadline_ms = clock_mono_ms(clock_real()) + question->timeout_ms,
		.stop_fd = question->stop_fd};
	const struct net_address address = {.host = "", .socket = socket, .ca_file = ""};
	autostr struct str bytes = STR_INIT;
	struct answer answer = {0};
	struct amp_frame frame;
	struct net *net = NULL;
	amp_write(&bytes, call, COUNT_OF(call));
	bool is_well = net_open(&address, &limit, &net, err) &&
		       net_send(net, bytes.text, bytes.length, &limit, err) &&
		       receive(net, &limit, &answer, &frame, err) &&
		       pm2_read_answer(&frame, ret, err);
	net_close(net);
	answer_release(&answer);
	return is_well;
}

static char *folder_of(const char *address)
{
	const char *folder = getenv("PM2_HOME"), *home = getenv("HOME");
	if (*address)
		return xstrdup(address);
	return folder && *folder ? xstrdup(folder) : xasprintf("%s/.pm2", home ? home : "");
}

static bool say(const char *folder, const struct err *why, struct err *err)
{
	if (why->code == ERR_CANCELLED)
		return err_set(err, ERR_CANCELLED, "%s", why->text);
	return err_set(err, why->code, "cannot ask pm2 in '%.80s': %.80s; look at `pm2 status`",
		folder, why->text);
}

static bool list(const struct programs_question *question, struct programs *ret, struct err *err)
{
	autofree char *folder = folder_of(question->address);
	autofree char *socket = xasprintf("%s/rpc.sock", folder);
	struct err why = {0};
	if (access(folder, X_OK) == 0 && access(socket, F_OK) != 0)
		return err_set(err, ERR_NOT_FOUND,
			"no pm2 runs in '%.120s'; start it, or say where it is (`address`)",
			folder);
	if (access(folder, F_OK) != 0)
		return err_set(err, ERR_NOT_FOUND,
			"no pm2 in '%.120s'; its folder (PM2_HOME) is its `address`", folder);
	if (access(socket, R_OK | W_OK) != 0)
		return err_set(err, ERR_DENIED,
			"pm2 in '%.120s' is another user's: run as that user, or as root", folder);
	if (!ask(socket, question, ret, &why))
		return say(folder, &why, err);
	programs_keep_wanted(ret, question);
	return true;
}

const struct supervisor_kind supervisor_pm2 = {
	.name = "pm2",
	.help = "its folder, PM2_HOME (default ~/.pm2 of the engine's user)",
	.list = list,
};

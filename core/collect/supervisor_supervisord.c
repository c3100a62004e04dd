/* SPDX-License-Identifier: MIT */
/*
 * supervisord, by its XML-RPC interface (http://supervisord.org/api.html): one call tells all
 * processes. It counts no restarts. Of a program that it gave up it tells no exit status worth the
 * name (0, whatever it was), so the word of its state stands.
 */
#include "core/collect/programs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/pid.h"
#include "core/parse/xmlrpc.h"
#include "core/collect/ask.h"

enum { ANSWER_MAX = 16 << 20 };

/* Where supervisorctl looks, too. */
static const char *const usual_places[] = {
	"/run/supervisor.sock", "/run/supervisor/supervisor.sock", "/tmp/supervisor.sock"};

#define CALL(method)                                                                               \
	"<?xml version=\"1.0\"?><methodCall><methodName>supervisor." method                        \
	"</methodName><params/></methodCall>"
static const char call_info[] = CALL("getAllProcessInfo");
static const char call_config[] = CALL("getAllConfigInfo"); /* since supervisord 4.2 */

/* http://supervisord.org/subprocess.html#process-states */
static const struct {
	const char *theirs, *ours;
} states[] = {
	{"STOPPED", "stopped"},
	{"STARTING", "running"},
	{"RUNNING", "running"},
	{"BACKOFF", "backoff"},
	{"STOPPING", "running"},
	{"EXITED", "absent"},
	{"FATAL", "fatal"},
};

static const char *state_of(const char *theirs)
{
	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (strcmp(states[i].theirs, theirs) == 0)
			return states[i].ours;
	return "unknown";
}

/* ---- one process ---- */

/* As supervisorctl calls it. */
static void set_name(char **field, const struct xmlrpc_value *info)
{
	const char *name = xmlrpc_text(info, "name"), *group = xmlrpc_text(info, "group");
	if (strcmp(name, group) == 0)
		program_set(field, name);
	else
		program_setf(field, "%s:%s", group, name);
}

static void set_words(struct program *program, const struct xmlrpc_value *info)
{
	const char *state = xmlrpc_text(info, "statename"), *why = xmlrpc_text(info, "spawnerr");
	if (strcmp(state, "EXITED") == 0 && program->exit_status < 0)
		program_setf(&program->words, "%s (killed by a signal)", state);
	else if (*why && strcmp(program->state, "running") != 0)
		program_setf(&program->words, "%s: %s", state, why);
	else if (strcmp(state, "EXITED") == 0)
		program_setf(&program->words, "%s (exit status %d)", state, program->exit_status);
	else
		program_set(&program->words, state);
}

static void add_log(char **field, const char *path)
{
	if (*path == '/')
		program_set(field, path);
}

static void add_process(struct programs *programs, const struct xmlrpc_value *info)
{
	struct program *program = programs_add(programs);
	const char *state = xmlrpc_text(info, "statename");
	int64_t status = xmlrpc_number(info, "exitstatus");
	set_name(&program->name, info);
	program_set(&program->state, state_of(state));
	program->pid = pid_from_number(xmlrpc_number(info, "pid"));
	if (program->pid > 0)
		program->start_ms = xmlrpc_number(info, "start") * 1000;
	program->ended_ms = xmlrpc_number(info, "stop") * 1000;
	bool is_told = strcmp(state, "FATAL") != 0 && strcmp(state, "BACKOFF") != 0;
	if (program->ended_ms && is_told && status >= 0 && status <= 255)
		program->exit_status = (int)status;
	add_log(&program->log, xmlrpc_text(info, "stdout_logfile"));
	add_log(&program->error_log, xmlrpc_text(info, "stderr_logfile"));
	set_words(program, info);
}

/* ---- the question ---- */

/* A socket by its path or unix://PATH, else a URL. */
static struct ask make_ask(
	const struct programs_question *question, const char *address, const char *call)
{
	const char *path = starts_with(address, "unix://") ? address + strlen("unix://") : address;
	struct ask ask = {.url = address,
		.body = call,
		.content_type = "text/xml",
		.user = question->user,
		.password = question->password,
		.timeout_ms = question->timeout_ms,
		.stop_fd = question->stop_fd,
		.max_bytes = ANSWER_MAX};
	if (*path == '/') {
		ask.socket = path;
		ask.url = "http://localhost";
	}
	return ask;
}

static const char *next_step(enum err_code code)
{
	if (code == ERR_NOT_FOUND)
		return "start it, or say where it listens (`address`)";
	if (code == ERR_DENIED)
		return "let this user's group open the socket (chown and chmod of "
		       "[unix_http_server])";
	if (code == ERR_AUTH)
		return "say its `user` and `password`";
	return "look whether it runs, and at `supervisorctl status`";
}

static bool say(const char *address, struct err *err, const struct err *why)
{
	if (why->code == ERR_CANCELLED)
		return err_set(err, ERR_CANCELLED, "%s", why->text);
	return err_set(err, why->code, "cannot ask supervisord at '%.80s': %.70s; %s", address,
		why->text, next_step(why->code));
}

static bool ask_at(const struct programs_question *question, const char *address, const char *call,
	struct xmlrpc_value **ret, struct err *err)
{
	autostr struct str body = STR_INIT, url = STR_INIT;
	struct ask ask = make_ask(question, address, call);
	struct err why = {0};
	const char *path = strstr(ask.url, "://");
	str_adds(&url, ask.url);
	if (path && !strchr(path + 3, '/'))
		str_adds(&url, "/RPC2");
	ask.url = url.text;
	if (ask_http(&ask, &body, &why) && xmlrpc_read(body.text, body.length, ret, &why))
		return true;
	return say(address, err, &why);
}

/* What only matters to who looks for bots: the command of one that does not run, too. An older one
 * does not tell, and "none" and "auto" are no folders. */
static void add_commands(
	const struct programs_question *question, const char *address, struct programs *programs)
{
	struct xmlrpc_value *answer = NULL;
	if (!ask_at(question, address, call_config, &answer, NULL))
		return;
	for (size_t i = 0; answer && i < answer->count && i < programs->count; i++) {
		const struct xmlrpc_value *info = answer->items[i];
		const char *folder = xmlrpc_text(info, "directory");
		autofree char *name = xstrdup("");
		set_name(&name, info);
		for (size_t j = 0; j < programs->count; j++) {
			if (strcmp(programs->items[j].name, name) != 0)
				continue;
			program_set(&programs->items[j].command, xmlrpc_text(info, "command"));
			program_set(&programs->items[j].directory, *folder == '/' ? folder : "");
		}
	}
	xmlrpc_free(answer);
}

static const char *usual_place(void)
{
	for (size_t i = 0; i < COUNT_OF(usual_places); i++)
		if (access(usual_places[i], F_OK) == 0)
			return usual_places[i];
	return NULL;
}

static bool list(const struct programs_question *question, struct programs *ret, struct err *err)
{
	const char *address = *question->address ? question->address : usual_place();
	struct xmlrpc_value *answer = NULL;
	if (!address)
		return err_set(err, ERR_NOT_FOUND,
			"no supervisord here: no socket '%s'; where it listens elsewhere, say so "
			"(`address`)",
			usual_places[0]);
	if (!ask_at(question, address, call_info, &answer, err))
		return false;
	for (size_t i = 0; answer && i < answer->count; i++)
		add_process(ret, answer->items[i]);
	if (!question->only_count)
		add_commands(question, address, ret);
	programs_keep_wanted(ret, question);
	xmlrpc_free(answer);
	return true;
}

const struct supervisor_kind supervisor_supervisord = {
	.name = "supervisord",
	.help = "the path of its Unix socket (default /run/supervisor.sock), or "
		"http://127.0.0.1:PORT",
	.list = list,
};

/* SPDX-License-Identifier: MIT */
/*
 * Containers of Docker and Podman, by the Docker Engine API on a Unix socket: GET only, one
 * connection, one answer after the other. Only local sockets are asked: the pids that they tell are
 * of this machine.
 */
#include "core/collect/programs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/collect/docker_socket.h"
#include "core/parse/docker.h"

enum {
	EXIT_TERM = 128 + 15,
	EXIT_KILL = 128 + 9,
	AGAIN_MS = 10000, /* Podman has no word for a container that it is about to start again */
	NAME_BYTES_MAX = 255
};

struct talk {
	const struct programs_question *question;
	struct programs *programs;
	char *socket;
	int64_t deadline_ms;
	CURLM *multi;
	CURL *easy;
	struct str body; /* may hold tokens: wiped */
	size_t body_max;
	bool is_too_long;
	long status;
};

/* ---- one answer ---- */

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct talk *talk = context;
	size_t length = size * count;
	talk->is_too_long = talk->body.length + length > talk->body_max;
	if (talk->is_too_long)
		return 0;
	str_add(&talk->body, bytes, length);
	return length;
}

static void empty_body(struct talk *talk)
{
	wipe(talk->body.text, talk->body.length);
	str_clear(&talk->body);
}

#define SET(option, value) curl_easy_setopt(talk->easy, CURLOPT_##option, value)

static bool begin(struct talk *talk, struct err *err)
{
	talk->multi = curl_multi_init();
	talk->easy = curl_easy_init();
	if (!talk->multi || !talk->easy)
		return err_set(err, ERR_IO, "cannot start the HTTP client");
	SET(UNIX_SOCKET_PATH, talk->socket);
	SET(PROTOCOLS_STR, "http");
	SET(NOSIGNAL, 1L);
	SET(PROXY, "");
	SET(NETRC, (long)CURL_NETRC_IGNORED);
	SET(FOLLOWLOCATION, 0L);
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(USERAGENT, "botswain/" BOTSWAIN_VERSION);
	SET(WRITEFUNCTION, on_body);
	SET(WRITEDATA, talk);
	return true;
}

static bool say_curl(const struct talk *talk, CURLcode code, struct err *err)
{
	if (talk->is_too_long)
		return err_set(err, ERR_LIMIT, "'%.100s' answers with more than %zu KiB",
			talk->socket, talk->body_max >> 10);
	return err_set(err, ERR_UNREACHABLE, "no whole answer from '%.100s': %s", talk->socket,
		curl_easy_strerror(code));
}

static bool take_end(struct talk *talk, struct err *err)
{
	int left;
	for (CURLMsg *message; (message = curl_multi_info_read(talk->multi, &left));)
		if (message->msg == CURLMSG_DONE && message->data.result != CURLE_OK)
			return say_curl(talk, message->data.result, err);
	curl_easy_getinfo(talk->easy, CURLINFO_RESPONSE_CODE, &talk->status);
	return true;
}

static bool turn(struct talk *talk, struct err *err)
{
	int running = 1;
	struct curl_waitfd stop = {.fd = talk->question->stop_fd, .events = CURL_WAIT_POLLIN};
	while (curl_multi_perform(talk->multi, &running) == CURLM_OK && running) {
		int64_t left_ms = talk->deadline_ms - clock_mono_ms(clock_real());
		if (left_ms <= 0)
			return err_set(
				err, ERR_TIMEOUT, "no answer from '%.120s' in time", talk->socket);
		if (stop.revents)
			return err_set(err, ERR_CANCELLED, "stopped");
		curl_multi_poll(talk->multi, &stop, stop.fd >= 0,
			left_ms < 1000 ? (int)left_ms : 1000, NULL);
	}
	return take_end(talk, err);
}

/* The answer's bytes are in `body`, its status in `status`. */
static bool get(struct talk *talk, size_t max, const char *path, struct err *err)
{
	autofree char *url = xasprintf("http://localhost%s", path);
	empty_body(talk);
	talk->body_max = max;
	SET(URL, url);
	if (curl_multi_add_handle(talk->multi, talk->easy) != CURLM_OK)
		return err_set(err, ERR_IO, "cannot start an HTTP request");
	bool is_good = turn(talk, err);
	curl_multi_remove_handle(talk->multi, talk->easy);
	return is_good;
}

static bool say_status(const struct talk *talk, struct err *err)
{
	autostr struct str message = STR_INIT;
	docker_read_message(talk->body.text, talk->body.length, &message);
	bool is_denied = talk->status == 401 || talk->status == 403;
	return err_set(err, is_denied ? ERR_DENIED : ERR_PROTOCOL, "'%.80s' answers %ld%s%.120s%s",
		talk->socket, talk->status, message.length ? ": " : "", message.text,
		is_denied ? ": allow reading to this user" : "");
}

/* ---- what a container is ---- */

/* A container that ended. Its supervisor starts one of these policies again, at once or after a
 * moment, unless it was told to stop it. Of the others a status that `stop` leaves is no failure,
 * and after a KILL nobody can say who sent it. */
static const char *ended_state(const struct docker_container *container, int64_t now_ms)
{
	bool starts_again = !strcmp(container->policy, "always") ||
			    !strcmp(container->policy, "unless-stopped");
	bool gave_up = container->restarts_max && container->restarts >= container->restarts_max;
	bool may_be_told = container->exit_code == 0 || container->exit_code == EXIT_TERM;
	bool is_killed = container->exit_code == EXIT_KILL && !container->is_oom;
	if (*container->error)
		return "fatal";
	if (starts_again && !may_be_told && !is_killed &&
		now_ms - container->finished_ms < AGAIN_MS)
		return "backoff";
	if (starts_again || may_be_told)
		return "stopped";
	return is_killed && !gave_up ? "absent" : "fatal";
}

static const char *state_of(const struct docker_container *container, int64_t now_ms)
{
	static const struct {
		const char *status, *state; /* NULL: it depends */
	} states[] = {
		{"running", "running"},
		{"paused", "paused"},
		{"stopping", "running"},
		{"restarting", "backoff"},
		{"created", NULL},
		{"configured", "stopped"},
		{"initialized", "stopped"},
		{"removing", "absent"},
		{"dead", "fatal"},
		{"exited", NULL},
		{"stopped", NULL},
	};
	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (!strcmp(states[i].status, container->status))
			return states[i].state ? states[i].state : ended_state(container, now_ms);
	return "unknown";
}

static void tell_words(const struct docker_container *container, struct program *program)
{
	autostr struct str words = STR_INIT;
	str_adds(&words, container->status);
	if (program->exit_status >= 0)
		str_addf(&words, " (%d)", program->exit_status);
	if (container->is_oom)
		str_adds(&words, ", out of memory");
	if (*container->error)
		str_addf(&words, ": %s", container->error);
	program_text(&program->words, words.text, words.length);
}

/* The file where this user may read it, else by name through the API. */
static void tell_log(const struct docker_container *container, struct program *program)
{
	autofree char *by_name = xasprintf("docker:%s", container->name);
	bool is_file = !strcmp(container->log_driver, "json-file") &&
		       container->log_path[0] == '/' && access(container->log_path, R_OK) == 0;
	const char *place = !strcmp(container->log_driver, "none") ? ""
			    : is_file                              ? container->log_path
								   : by_name;
	program_text(&program->log, place, strlen(place));
	program_text(&program->error_log, place, strlen(place));
}

static void tell(const struct docker_container *container, struct program *program)
{
	const char *state = state_of(container, clock_wall_ms(clock_real()));
	bool has_process = !strcmp(state, "running") || !strcmp(state, "paused");
	program_text(&program->state, state, strlen(state));
	program_text(&program->command, container->command, strlen(container->command));
	program_text(&program->directory, container->directory, strlen(container->directory));
	program->pid = has_process ? container->pid : 0;
	program->start_ms = container->started_ms;
	program->ended_ms = container->finished_ms;
	program->restarts = container->restarts;
	program->is_oom = container->is_oom && !has_process;
	if (!has_process && container->finished_ms)
		program->exit_status = container->exit_code;
	tell_words(container, program);
	tell_log(container, program);
}

/* ---- all of it ---- */

static void take_variable(void *context, const char *text, size_t length)
{
	(void)program_env(context, text, length);
}

/* `name` NULL: as the container is called. One that is not there is left out. */
static bool ask_container(struct talk *talk, const char *id, const char *name, struct err *err)
{
	struct docker_container container;
	autofree char *path = xasprintf("/containers/%s/json", id);
	if (!get(talk, LIMIT_HTTP_BODY_BYTES, path, err))
		return false;
	if (talk->status == 404)
		return true;
	if (talk->status != 200)
		return say_status(talk, err);
	struct program *program = programs_add(talk->programs);
	if (!docker_read_container(
		    talk->body.text, talk->body.length, take_variable, program, &container, err))
		return false;
	const char *shown = name ? name : container.name;
	program_text(&program->name, shown, strlen(shown));
	tell(&container, program);
	docker_container_release(&container);
	return true;
}

static bool ask_listed(struct talk *talk, struct err *err)
{
	struct docker_list list;
	if (!get(talk, LIMIT_CONTAINER_LIST_BYTES, "/containers/json?all=1", err))
		return false;
	if (talk->status != 200)
		return say_status(talk, err);
	if (!docker_read_list(talk->body.text, talk->body.length, LIMIT_PROGRAMS, &list, err))
		return false;
	bool is_good = true;
	for (size_t i = 0; i < list.count && is_good; i++)
		is_good = ask_container(talk, list.ids[i], NULL, err);
	docker_list_release(&list);
	return is_good;
}

/* A path must not be made of it. */
static bool is_name(const char *name)
{
	size_t length = strlen(name);
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("_.-", name[i]))
			return false;
	return length && length <= NAME_BYTES_MAX && isalnum((unsigned char)name[0]);
}

static bool ask_all(struct talk *talk, struct err *err)
{
	const struct programs_question *question = talk->question;
	if (!docker_socket_find(question->address, &talk->socket, err) || !begin(talk, err))
		return false;
	if (!question->only_count)
		return ask_listed(talk, err);
	for (size_t i = 0; i < question->only_count; i++)
		if (is_name(question->only[i]) &&
			!ask_container(talk, question->only[i], question->only[i], err))
			return false;
	return true;
}

static void end(struct talk *talk)
{
	curl_easy_cleanup(talk->easy);
	if (talk->multi)
		curl_multi_cleanup(talk->multi);
	empty_body(talk);
	str_release(&talk->body);
	free(talk->socket);
}

static bool list(const struct programs_question *question, struct programs *ret, struct err *err)
{
	struct programs found = {0};
	struct talk talk = {.question = question,
		.programs = &found,
		.deadline_ms = clock_mono_ms(clock_real()) + question->timeout_ms,
		.body = STR_INIT};
	bool is_good = ask_all(&talk, err);
	end(&talk);
	if (is_good)
		*ret = found;
	else
		programs_release(&found);
	return is_good;
}

const struct supervisor_kind supervisor_docker = {
	.name = "docker",
	.help = "the path of Docker's or Podman's socket; \"\": /var/run/docker.sock, "
		"/run/podman/podman.sock or $XDG_RUNTIME_DIR/podman/podman.sock",
	.list = list,
};

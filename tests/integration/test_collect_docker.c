/* SPDX-License-Identifier: MIT */
/*
 * Containers as Podman tells them by Docker's API (real ones, where Podman is installed), and what
 * a socket answers that is no such engine: a child of ours that sends what the test wrote down.
 */
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/programs.h"
#include "tests/support/asked.h"
#include "tests/support/folder.h"
#include "tests/support/sockets.h"
#include "tests/support/spawn.h"

#define CANARY   "AAcanary-canary_canary0123456789abc"
#define ID       "4b1d0d7a8e6f"
#define IMAGE    "localhost/bot:1"
#define RUN(...) run_podman(WORDS("run", "-d", "--network", "none", __VA_ARGS__))

enum { WAIT_MS = 20000, PODMAN_MS = 60000, CANNOT = 77, WORDS_MAX = 16 };

static char *canned_socket, *podman_socket;
static pid_t canned, podman;
static bool cannot;

static struct asked docker_at(const char *address)
{
	return (struct asked){&supervisor_docker, address};
}

/* ---- a socket that answers what a file holds ---- */

/* GET /containers/NAME/json -> the file answer-NAME; the list -> answer-json. */
static void send_answer(int fd)
{
	char request[4096], bytes[4096];
	ssize_t length = read(fd, request, sizeof(request) - 1);
	request[length > 0 ? length : 0] = '\0';
	const char *from = request + strlen("GET /containers/");
	autofree char *path = xasprintf("%s/answer-%.*s", folder, (int)strcspn(from, "/? "), from);
	autoclose int file = open(path, O_RDONLY | O_CLOEXEC);
	while (file >= 0 && (length = read(file, bytes, sizeof(bytes))) > 0)
		if (write(fd, bytes, (size_t)length) < 0)
			return;
	if (file >= 0 && strstr(path, "silent"))
		pause();
}

static void start_canned(void)
{
	int fd = socket_listen(canned_socket);
	canned = fork();
	assert_true(canned >= 0);
	if (canned > 0) {
		close(fd);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPIPE, SIG_IGN);
	for (;;) {
		autoclose int client = accept(fd, NULL, NULL);
		if (client >= 0)
			send_answer(client);
	}
}

static FILE *open_answer(const char *name)
{
	autofree char *answer = xasprintf("answer-%s", name);
	return folder_open(answer, "we");
}

static void write_answer(const char *name, int status, const char *body)
{
	FILE *file = open_answer(name);
	fprintf(file, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status,
		strlen(body), body);
	assert_int_equal(fclose(file), 0);
}

/* ---- Podman ---- */

/* `words`: at most WORDS_MAX of them, NULL at the end. */
static int run_podman(const char *const *words)
{
	const char *argv[WORDS_MAX + 3] = {"tests/supervisors/podman", folder};
	autofree char *said = NULL;
	for (size_t i = 0; words[i]; i++) {
		assert_true(i < WORDS_MAX);
		argv[i + 2] = words[i];
	}
	int status = spawn_run(argv, &(struct spawn){0}, PODMAN_MS, &said);
	if (status)
		print_message("# podman %s: %s\n", words[0], said);
	return status;
}

static const char app[] =
	"#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
	"static void on(int number) { (void)number; _exit(0); }\n"
	"int main(int count, char **args) {\n"
	"	if (count > 1) return atoi(args[1]);\n"
	"	signal(SIGTERM, on); puts(\"up\"); fflush(stdout);\n"
	"	for (;;) pause();\n}\n";

static bool make_image(void)
{
	const struct spawn here = {.directory = folder};
	autofree char *tar = folder_path("app.tar");
	folder_write("app.c", 0600, "%s", app);
	return spawn_run(WORDS("cc", "-static", "-O1", "-o", "app", "app.c"), &here, PODMAN_MS,
		       NULL) == 0 &&
	       spawn_run(WORDS("tar", "-cf", "app.tar", "app"), &here, PODMAN_MS, NULL) == 0 &&
	       run_podman(WORDS("import", "-c", "ENTRYPOINT [\"/app\"]", tar, IMAGE)) == 0;
}

static void start_service(void)
{
	autofree char *log = folder_path("podman.log"),
		      *url = xasprintf("unix://%s", podman_socket);
	podman = spawn_start(
		WORDS("tests/supervisors/podman", folder, "system", "service", "--time=0", url),
		&(struct spawn){.log = log, .death_signal = SIGTERM});
}

static bool run_bots(void)
{
	return !RUN("--name", "orders", "-w", "/", "-e", "X=1", "-e",
		       "SHOP_TOKEN=123456789:" CANARY, IMAGE) &&
	       !RUN("--name", "crashed", IMAGE, "3") &&
	       !RUN("--name", "limited", "--restart", "on-failure:2", IMAGE, "5") &&
	       !RUN("--name", "told", IMAGE) && !RUN("--name", "killed", IMAGE) &&
	       !run_podman(WORDS("create", "--network", "none", "--name", "made", IMAGE)) &&
	       !run_podman(WORDS("kill", "-s", "KILL", "killed")) &&
	       !run_podman(WORDS("stop", "-t", "5", "told"));
}

static int start_podman(void)
{
	int status = run_podman(WORDS("version"));
	cannot = status == CANNOT;
	if (cannot)
		return 0;
	if (!make_image() || !run_bots())
		return -1;
	start_service();
	return asked_until_words(docker_at(podman_socket), "limited", "exited (5)", WAIT_MS) ? 0
											     : -1;
}

/* ---- the fixture ---- */

static int setup(void **state)
{
	if (folder_setup(state) != 0)
		return -1;
	canned_socket = folder_path("canned");
	podman_socket = folder_path("podman.sock");
	start_canned();
	return start_podman();
}

static int teardown(void **state)
{
	if (!cannot)
		(void)run_podman(WORDS("rm", "-fa", "-t", "0"));
	(void)spawn_end(&podman, SIGTERM);
	(void)spawn_end(&canned, SIGKILL);
	free(canned_socket);
	free(podman_socket);
	return folder_teardown(state);
}

/* ---- containers that are there ---- */

static void needs_podman(void)
{
	if (cannot) {
		print_message("# Podman, runc and conmon are not installed\n");
		skip();
	}
}

/* Its parent is not ours, but the kernel says what runs under that pid. */
static void assert_runs_app(pid_t pid)
{
	char text[16] = "";
	autofree char *path = xasprintf("/proc/%d/comm", (int)pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	(void)fclose(file);
	assert_string_equal(text, "app\n");
}

static void a_running_container_is_told_whole_and_without_its_token(void **state)
{
	(void)state;
	needs_podman();
	struct programs programs = {0};
	asked(docker_at(podman_socket), NULL, &programs);
	assert_int_equal(programs.count, 6);
	const struct program *bot = asked_program(&programs, "orders");
	assert_string_equal(bot->state, "running");
	assert_string_equal(bot->words, "running");
	assert_runs_app(bot->pid);
	assert_true(llabs(clock_wall_ms(clock_real()) - bot->start_ms) < 60000);
	assert_int_equal(bot->restarts, 0);
	assert_int_equal(bot->exit_status, -1);
	assert_int_equal(bot->ended_ms, 0);
	assert_string_equal(bot->command, "/app");
	assert_string_equal(bot->directory, "/");
	assert_string_equal(bot->token_key, "SHOP_TOKEN");
	assert_int_equal(bot->tg_id, 123456789);
	assert_true(starts_with(bot->log, folder));
	assert_string_equal(bot->error_log, bot->log);
	programs_release(&programs);
}

static void how_each_container_ended_is_told(void **state)
{
	(void)state;
	static const struct {
		const char *name, *state, *words;
		int exit_status, restarts;
	} cases[] = {
		{"crashed", "fatal", "exited (3)", 3, 0},
		{"limited", "fatal", "exited (5)", 5, 2},
		{"killed", "absent", "exited (137)", 137, 0},
		{"told", "stopped", "exited (0)", 0, 0},
		{"made", "stopped", "created", -1, 0},
	};
	needs_podman();
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct programs programs = {0};
		const char *only[] = {cases[i].name, NULL};
		asked(docker_at(podman_socket), only, &programs);
		const struct program *bot = asked_program(&programs, cases[i].name);
		assert_string_equal(bot->state, cases[i].state);
		assert_string_equal(bot->words, cases[i].words);
		assert_int_equal(bot->exit_status, cases[i].exit_status);
		assert_int_equal(bot->restarts, cases[i].restarts);
		assert_int_equal(bot->pid, 0);
		programs_release(&programs);
	}
}

/* Its process is there, and does nothing. */
static void a_paused_container_is_paused_and_goes_on_where_it_was(void **state)
{
	(void)state;
	static const char *const steps[][2] = {{"pause", "paused"}, {"unpause", "running"}};
	const char *only[] = {"orders", NULL};
	needs_podman();
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		struct programs programs = {0};
		if (run_podman(WORDS(steps[i][0], "orders")) != 0) {
			print_message("# this machine cannot pause: it gives no freezer cgroup\n");
			skip();
		}
		assert_true(asked_until_words(
			docker_at(podman_socket), "orders", steps[i][1], WAIT_MS));
		asked(docker_at(podman_socket), only, &programs);
		const struct program *bot = asked_program(&programs, "orders");
		assert_string_equal(bot->state, steps[i][1]);
		assert_runs_app(bot->pid);
		assert_int_equal(bot->exit_status, -1);
		programs_release(&programs);
	}
}

static void of_those_wanted_the_absent_ones_are_left_out(void **state)
{
	(void)state;
	needs_podman();
	struct programs programs = {0};
	const char *only[] = {"nowhere", "../../secrets", "a b", "", "orders", NULL};
	asked(docker_at(podman_socket), only, &programs);
	assert_int_equal(programs.count, 1);
	assert_string_equal(asked_program(&programs, "orders")->state, "running");
	programs_release(&programs);
}

/* ---- states that cannot be brought about here ---- */

static void write_state(
	const char *name, const char *status, int exit_code, const char *more, const char *policy)
{
	autofree char *body = xasprintf(
		"{\"Name\":\"/%s\",\"State\":{\"Status\":\"%s\",\"ExitCode\":%d,\"Pid\":77,"
		"\"StartedAt\":\"2026-11-20T10:00:00Z\",\"FinishedAt\":\"2026-11-20T10:00:05Z\"%s},"
		"\"LogPath\":\"/root-only\",\"HostConfig\":{\"LogConfig\":{\"Type\":\"%s\"},"
		"\"RestartPolicy\":{\"Name\":\"%s\"}}}",
		name, status, exit_code, more, strstr(name, "quiet") ? "none" : "json-file",
		policy);
	write_answer(name, 200, body);
}

static void every_state_of_a_container_has_a_word_of_ours(void **state)
{
	(void)state;
	static const struct {
		const char *name, *status, *more, *policy;
		int exit_code;
		const char *state, *words;
	} cases[] = {
		{"run", "running", "", "always", 0, "running", "running"},
		{"paused", "paused", "", "", 0, "paused", "paused"},
		{"again", "restarting", "", "always", 1, "backoff", "restarting (1)"},
		{"oom", "exited", ",\"OOMKilled\":true", "no", 137, "fatal",
			"exited (137), out of memory"},
		{"oom-was", "running", ",\"OOMKilled\":true", "always", 0, "running",
			"running, out of memory"},
		{"term", "exited", "", "no", 143, "stopped", "exited (143)"},
		{"told", "exited", "", "unless-stopped", 137, "stopped", "exited (137)"},
		{"killed", "exited", "", "no", 137, "absent", "exited (137)"},
		{"broken", "created", ",\"Error\":\"no such file\"", "no", 127, "fatal",
			"created (127): no such file"},
		{"dead", "dead", "", "no", 0, "fatal", "dead (0)"},
		{"new", "hibernating", "", "no", 0, "unknown", "hibernating (0)"},
		{"quiet", "running", "", "no", 0, "running", "running"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct programs programs = {0};
		const char *only[] = {cases[i].name, NULL};
		write_state(cases[i].name, cases[i].status, cases[i].exit_code, cases[i].more,
			cases[i].policy);
		asked(docker_at(canned_socket), only, &programs);
		const struct program *bot = asked_program(&programs, cases[i].name);
		bool is_running = strstr("running paused", cases[i].state) != NULL;
		autofree char *log = xasprintf("docker:%s", cases[i].name);
		assert_string_equal(bot->state, cases[i].state);
		assert_string_equal(bot->words, cases[i].words);
		assert_int_equal(bot->pid, is_running ? 77 : 0);
		assert_int_equal(bot->exit_status, is_running ? -1 : cases[i].exit_code);
		assert_int_equal(bot->is_oom, !strcmp(cases[i].name, "oom"));
		assert_string_equal(bot->log, strcmp(cases[i].name, "quiet") ? log : "");
		programs_release(&programs);
	}
}

/* ---- answers that are none ---- */

static void assert_refused(
	const char *address, const char *const *only, enum err_code code, const char *said)
{
	asked_refused(docker_at(address), only, code, said, CANARY);
}

static void hostile_answers_are_errors_with_an_end(void **state)
{
	(void)state;
	static const struct {
		const char *name, *body;
		int status;
		enum err_code code;
		const char *said;
	} cases[] = {
		{"html", "<html>", 200, ERR_PROTOCOL, "no container is in the answer"},
		{"list", "[]", 200, ERR_PROTOCOL, "no container is in the answer"},
		{"broken", "{\"message\":\"a\\u001b[2Jb\"}", 500, ERR_PROTOCOL,
			"answers 500: a^[[2Jb"},
		{"denied", "{\"message\":\"authz\"}", 403, ERR_DENIED,
			"answers 403: authz: allow reading"},
		{"moved", "", 301, ERR_PROTOCOL, "answers 301"},
		{"env", "{\"Config\":{\"Env\":[\"BOT_TOKEN=123456789:" CANARY "\"]}}", 200,
			ERR_PROTOCOL, "no container"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *only[] = {cases[i].name, NULL};
		write_answer(cases[i].name, cases[i].status, cases[i].body);
		assert_refused(canned_socket, only, cases[i].code, cases[i].said);
	}
}

static void an_answer_without_end_is_cut_off(void **state)
{
	(void)state;
	const char *only[] = {"large", NULL};
	FILE *file = open_answer("large");
	fputs("HTTP/1.1 200 OK\r\n\r\n", file);
	for (int i = 0; i < LIMIT_HTTP_BODY_BYTES / 8 + 2; i++)
		fputs("[[[[[[[[", file);
	assert_int_equal(fclose(file), 0);
	assert_refused(canned_socket, only, ERR_LIMIT, "answers with more than 1024 KiB");
}

static void a_cut_answer_and_one_that_is_not_http_are_errors(void **state)
{
	(void)state;
	const char *cut[] = {"cut", NULL}, *none[] = {"absent-file", NULL},
		   *noise[] = {"noise", NULL};
	FILE *file = open_answer("cut");
	fputs("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"Name\"", file);
	assert_int_equal(fclose(file), 0);
	file = open_answer("noise");
	fputs("SSH-2.0-OpenSSH_9.2\r\n", file);
	assert_int_equal(fclose(file), 0);
	assert_refused(canned_socket, cut, ERR_UNREACHABLE, "no whole answer");
	assert_refused(canned_socket, none, ERR_UNREACHABLE, "no whole answer");
	assert_refused(canned_socket, noise, ERR_UNREACHABLE, "no whole answer");
}

static void a_list_whose_containers_went_is_empty(void **state)
{
	(void)state;
	struct programs programs = {0};
	write_answer("json", 200, "[{\"Id\":\"" ID "\"}]");
	write_answer(ID, 404, "{\"message\":\"no such container\"}");
	asked(docker_at(canned_socket), NULL, &programs);
	assert_int_equal(programs.count, 0);
	write_answer("json", 200, "[{\"Id\":\"../../secrets\"}]");
	assert_refused(canned_socket, NULL, ERR_PROTOCOL, "has no Id");
}

static void a_socket_that_is_silent_is_given_up_at_the_deadline_or_when_told_to(void **state)
{
	(void)state;
	struct programs programs = {0};
	struct err err = {0};
	int stop[2];
	autofree char *path = xasprintf("%s/mute", folder);
	autoclose int fd = socket_listen(path);
	struct programs_question question = {.address = path, .timeout_ms = 100, .stop_fd = -1};
	assert_false(supervisor_docker.list(&question, &programs, &err));
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_int_equal(pipe2(stop, O_CLOEXEC), 0);
	assert_int_equal(write(stop[1], "x", 1), 1);
	question.timeout_ms = 3600 * 1000;
	question.stop_fd = stop[0];
	assert_false(supervisor_docker.list(&question, &programs, &err));
	assert_int_equal(err.code, ERR_CANCELLED);
	close(stop[0]);
	close(stop[1]);
}

static void sockets_that_are_not_there_say_what_to_do(void **state)
{
	(void)state;
	autofree char *gone = xasprintf("%s/gone", folder);
	close(socket_listen(gone));
	assert_refused("/nowhere/docker.sock", NULL, ERR_NOT_FOUND,
		"there is no socket '/nowhere/docker.sock'");
	assert_refused(gone, NULL, ERR_NOT_FOUND, "start Docker, or podman.socket");
	assert_refused("tcp://127.0.0.1:2375", NULL, ERR_INVALID, "is no local socket");
	assert_refused("http://10.0.0.1/", NULL, ERR_INVALID, "is no local socket");
}

enum { GROUP = 54321, USER = 54322 };

/* What a user of that group is answered; ERR_NONE: a container. */
static enum err_code asked_as(gid_t group, struct err *err)
{
	const char *only[] = {"run", NULL};
	int pipes[2];
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid_t child = fork();
	if (child == 0) {
		struct programs programs = {0};
		struct err said = {0};
		if (setgroups(1, &group) < 0 || setgid(USER) < 0 || setuid(USER) < 0)
			_exit(1);
		(void)asked_try(docker_at(canned_socket), only, &programs, &said);
		_exit(write(pipes[1], &said, sizeof(said)) == sizeof(said) ? 0 : 1);
	}
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(read(pipes[0], err, sizeof(*err)), sizeof(*err));
	close(pipes[0]);
	close(pipes[1]);
	return err->code;
}

static void the_group_of_the_socket_may_ask_and_others_are_told_of_it(void **state)
{
	(void)state;
	struct err err;
	if (geteuid() != 0)
		skip();
	write_state("run", "running", 0, "", "no");
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chown(canned_socket, 0, GROUP), 0);
	assert_int_equal(chmod(canned_socket, 0660), 0);
	assert_int_equal(asked_as(GROUP, &err), ERR_NONE);
	assert_int_equal(asked_as(GROUP + 5, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "add this user to the socket's group"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_running_container_is_told_whole_and_without_its_token),
		cmocka_unit_test(how_each_container_ended_is_told),
		cmocka_unit_test(a_paused_container_is_paused_and_goes_on_where_it_was),
		cmocka_unit_test(of_those_wanted_the_absent_ones_are_left_out),
		cmocka_unit_test(every_state_of_a_container_has_a_word_of_ours),
		cmocka_unit_test(hostile_answers_are_errors_with_an_end),
		cmocka_unit_test(an_answer_without_end_is_cut_off),
		cmocka_unit_test(a_cut_answer_and_one_that_is_not_http_are_errors),
		cmocka_unit_test(a_list_whose_containers_went_is_empty),
		cmocka_unit_test(
			a_socket_that_is_silent_is_given_up_at_the_deadline_or_when_told_to),
		cmocka_unit_test(sockets_that_are_not_there_say_what_to_do),
		cmocka_unit_test(the_group_of_the_socket_may_ask_and_others_are_told_of_it),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: MIT */
/*
 * The logs of containers by the Docker Engine API: real ones of Podman, numbered lines while they are started again, removed and
 * made again and their engine ends and begins; and what a socket says that is no such engine.
 */
#include <fcntl.h>
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
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/collect_scene.h"
#include "tests/support/numbered.h"
#include "tests/support/sockets.h"
#include "tests/support/spawn.h"

#define IMAGE  "localhost/talker:1"
#define CANARY "AAcanary-canary_canary0123456789abc"
#define ID     "4b1d0d7a8e6f"
#define OTHER  "4b1d0d7a8e60"

enum {
	LINES = 10000,
	PARTS = 4,
	WAIT_MS = 20000,
	PODMAN_MS = 60000,
	CANNOT = 77,
	WORDS_MAX = 20,
	CONTAINERS = 1024,
	A_BOTS = 8
};

static char *podman_socket;
static pid_t podman, canned;
static bool cannot;

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
	if (status && status != CANNOT)
		print_message("# podman %s: %s\n", words[0], said);
	return status;
}

#define RUN(...)                                                                                   \
	assert_int_equal(run_podman(WORDS("run", "-d", "--network", "none", __VA_ARGS__)), 0)

/* It says a part of its lines, on both streams, at each start, once it may; where it goes on stands in a file. */
static const char app[] =
	"#include <fcntl.h>\n#include <signal.h>\n#include <stdio.h>\n#include "
	"<stdlib.h>\n#include <unistd.h>\n"
	"static void on(int number) { (void)number; _exit(0); }\n"
	"int main(int count, char **args) {\n"
	"	int part = count > 1 ? atoi(args[1]) : 2500, from = 0;\n"
	"	signal(SIGTERM, on); setvbuf(stdout, NULL, _IOLBF, 0);\n"
	"	puts(\"it is up\");\n"
	"	int go = open(\"/data/go\", O_RDONLY); if (read(go, &go, 1) < 0) return 1;\n"
	"	FILE *next = fopen(\"/data/next\", \"r\");\n"
	"	if (next) { if (fscanf(next, \"%d\", &from) != 1) from = 0; fclose(next); }\n"
	"	for (int i = from; i < from + part; i++) {\n"
	"		fprintf(i % 2 ? stderr : stdout, \"number %d. of %s\\n\", i, i % 2 ? "
	"\"err\" : \"out\");\n"
	"		if (i % 10 == 0) usleep(1000);\n"
	"	}\n"
	"	next = fopen(\"/data/next\", \"w\"); fprintf(next, \"%d\", from + part); "
	"fclose(next);\n"
	"	printf(\"part said up to %d;\\n\", from + part);\n"
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
	(void)unlink(podman_socket);
	podman = spawn_start(
		WORDS("tests/supervisors/podman", folder, "system", "service", "--time=0", url),
		&(struct spawn){.log = log, .death_signal = SIGTERM});
	assert_true(comes_true(socket_listens, podman_socket, WAIT_MS));
}

static void end_service(void)
{
	(void)spawn_end(&podman, SIGKILL);
}

static int setup_group(void **state)
{
	if (collect_setup(state) != 0)
		return -1;
	podman_socket = folder_path("podman.sock");
	int status = run_podman(WORDS("version"));
	cannot = status == CANNOT;
	return cannot || make_image() ? 0 : -1;
}

static int teardown_group(void **state)
{
	free(podman_socket);
	return folder_teardown(state);
}

static int setup(void **state)
{
	(void)state;
	autofree char *data = folder_path("data");
	assert_int_equal(mkdir(data, 0777), 0);
	if (!cannot)
		start_service();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	autofree char *data = folder_path("data");
	collect_scene_stop();
	if (!cannot)
		(void)run_podman(WORDS("rm", "-fa", "-t", "0"));
	(void)spawn_end(&podman, SIGTERM);
	return spawn_run(WORDS("rm", "-rf", data), &(struct spawn){0}, WAIT_MS, NULL);
}

static int teardown_canned(void **state)
{
	collect_scene_stop();
	(void)spawn_end(&canned, SIGKILL);
	return folder_teardown(state);
}

static void needs_podman(void)
{
	if (cannot) {
		print_message("# Podman, runc and conmon are not installed\n");
		skip();
	}
}

static void run_talker(const char *name, const char *option, const char *part)
{
	autofree char *data = xasprintf("%s/data:/data", folder);
	RUN("-v", data, option, "--log-driver", "k8s-file", "--name", name, IMAGE, part);
}

static void watch(const char *more)
{
	collected_start(&collected,
		"supervisors: {docker: {kind: docker, address: %s}}\n%s\n"
		"bots: [{name: orders, transport: none, logs: ['docker:talker']}]\n",
		podman_socket, more);
}

static void wait_part(int part)
{
	autofree char *said = xasprintf("part said up to %d;", part * LINES / PARTS);
	collected_await(&collected, said);
}

/* ---- nothing lost, nothing twice ---- */

static void ten_thousand_lines_are_each_there_once_whatever_happens_to_the_container(void **state)
{
	(void)state;
	needs_podman();
	folder_gate("data/go");
	run_talker("talker", "--init=false", "2500");
	watch("");
	collected_wait_event(&collected, "docker:talker orders", "it is up", NULL);
	folder_gate_open("data/go");
	/* Its engine ends while it speaks, and begins again later. */
	collected_await(&collected, "number 100.");
	end_service();
	collected_wait(&collected, "obs_source", "kind=\"docker\"", "state=\"unreachable\"", NULL);
	start_service();
	wait_part(1);
	/* It is started again, */
	assert_int_equal(run_podman(WORDS("restart", "-t", "5", "talker")), 0);
	wait_part(2);
	/* killed, and started while nobody can look, */
	end_service();
	assert_int_equal(run_podman(WORDS("kill", "talker")), 0);
	assert_int_equal(run_podman(WORDS("start", "talker")), 0);
	start_service();
	wait_part(3);
	/* and made again. */
	assert_int_equal(run_podman(WORDS("rm", "-f", "-t", "0", "talker")), 0);
	run_talker("talker", "--init=false", "2500");
	wait_part(4);
	assert_numbered(&collected, LINES);
	assert_int_equal(collected_count_events(&collected, "it is up"), PARTS);
}

/* Podman cuts what does not fit into a terminal's buffer in the middle of a line, and joins it or not: this is less. */
static void a_terminals_log_has_no_frames(void **state)
{
	(void)state;
	needs_podman();
	folder_write("data/go", 0644, "now");
	run_talker("talker", "-t", "100");
	watch("");
	collected_await(&collected, "part said up to 100;");
	assert_int_equal(run_podman(WORDS("restart", "-t", "5", "talker")), 0);
	collected_await(&collected, "part said up to 200;");
	assert_numbered(&collected, 200);
}

static void a_container_that_is_made_later_is_read_whole(void **state)
{
	(void)state;
	needs_podman();
	watch("");
	collected_wait(&collected, "obs_source", "kind=\"docker\"", "state=\"degraded\"",
		"there is no container 'talker'", NULL);
	folder_write("data/go", 0644, "now");
	run_talker("talker", "--init=false", "2500");
	wait_part(1);
	assert_numbered(&collected, LINES / PARTS);
	collect_wait_ok("kind=\"docker\"");
}

static bool is_there(const void *path)
{
	return access(path, F_OK) == 0;
}

static void one_that_has_ended_shows_its_last_lines(void **state)
{
	(void)state;
	needs_podman();
	folder_write("data/go", 0644, "now");
	run_talker("talker", "--init=false", "300");
	autofree char *next = folder_path("data/next");
	assert_true(comes_true(is_there, next, WAIT_MS));
	assert_int_equal(run_podman(WORDS("stop", "-t", "5", "talker")), 0);
	watch("");
	collected_await(&collected, "number 299.");
	assert_numbered(&collected, 300);
}

static bool is_past(const void *context)
{
	return clock_wall_ms(clock_real()) / 1000 > *(const int64_t *)context;
}

/* Podman's times are whole seconds. */
static void nothing_is_read_back_where_the_configuration_says_so(void **state)
{
	(void)state;
	needs_podman();
	folder_gate("data/go");
	run_talker("talker", "--init=false", "10");
	int64_t second = clock_wall_ms(clock_real()) / 1000;
	assert_true(comes_true(is_past, &second, WAIT_MS));
	watch("events: {read_back: 0}");
	collect_wait_ok("kind=\"docker\"");
	folder_gate_open("data/go");
	collected_await(&collected, "part said up to 10;");
	assert_numbered(&collected, 10);
	assert_int_equal(collected_count_events(&collected, "it is up"), 0);
}

/* ---- a socket that answers what files hold: what Podman does not say, or says only when it breaks ---- */

/* GET /containers/NAME/WHAT -> the file answer-NAME-WHAT. */
static void send_answer(int fd)
{
	char request[4096], bytes[4096], name[64] = "", what[16] = "";
	ssize_t length = read(fd, request, sizeof(request) - 1);
	request[length > 0 ? length : 0] = '\0';
	if (sscanf(request, "GET /containers/%63[^/]/%15[a-z]", name, what) != 2)
		return;
	autofree char *path = xasprintf("%s/answer-%s-%s", folder, name, what);
	autoclose int file = open(path, O_RDONLY | O_CLOEXEC);
	while (file >= 0 && (length = read(file, bytes, sizeof(bytes))) > 0)
		if (write(fd, bytes, (size_t)length) < 0)
			return;
}

static void start_canned(void)
{
	autofree char *path = folder_path("canned");
	int fd = socket_listen(path);
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

/* `missing`: so many bytes are promised that do not come. */
static void answer(const char *what, int status, const char *body, size_t length, size_t missing)
{
	autofree char *name = xasprintf("answer-talker-%s", what);
	autofree char *path = folder_path(name), *next = folder_path("next");
	FILE *file = fopen(next, "we");
	assert_non_null(file);
	fprintf(file, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
		length + missing);
	assert_int_equal(fwrite(body, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(next, path), 0);
}

static void answer_container(const char *id, const char *status)
{
	autofree char *body =
		xasprintf("{\"Id\":\"%s\",\"Name\":\"/talker\",\"State\":{\"Status\":\"%s\","
			  "\"StartedAt\":\"2026-11-20T10:00:00Z\"},\"Config\":{\"Env\":"
			  "[\"BOT_TOKEN=123456789:" CANARY "\"],\"Tty\":false}}",
			id, status);
	answer("json", 200, body, strlen(body), 0);
}

static void add_frame(struct str *to, unsigned stream, int ago_s, const char *text)
{
	autofree char *line = xasprintf("%.19s.000000%03uZ %s",
		format_rfc3339(clock_wall_ms(clock_real()) / 1000 * 1000 - ago_s * 1000).text,
		(unsigned)strlen(text), text);
	size_t length = strlen(line);
	const char header[8] = {(char)stream, 0, 0, 0, 0, 0, (char)(length >> 8), (char)length};
	str_add(to, header, sizeof(header));
	str_add(to, line, length);
}

static void watch_canned(void)
{
	start_canned();
	collected.forbidden = CANARY;
	collected_start(&collected,
		"supervisors: {docker: {kind: docker, address: %s/canned}}\n"
		"bots: [{name: orders, transport: none, logs: ['docker:talker']}]\n",
		folder);
	collected.forbidden = CANARY;
}

static void a_stream_that_breaks_is_taken_up_where_it_was(void **state)
{
	(void)state;
	autostr struct str log = STR_INIT;
	add_frame(&log, 1, 60, "number 0. of it\n");
	add_frame(&log, 2, 30, "number 1. and a token 123456789:" CANARY "\n");
	add_frame(&log, 1, 30, "number 2. of it\n");
	add_frame(&log, 1, 30, "number 2. of it\n"); /* said twice */
	add_frame(&log, 1, 29, "number 3. a part");
	add_frame(&log, 1, 28, " of a line\n");
	answer_container(ID, "running");
	answer("logs", 200, log.text, log.length - 60, 60); /* within a frame */
	watch_canned();
	collected_wait(
		&collected, "obs_source", "kind=\"docker\"", "state=\"error\"", "broke off", NULL);
	assert_int_equal(collected_count_events(&collected, "number 3."), 0);
	add_frame(&log, 3, 10, "number 4. cannot read it\n");
	answer("logs", 200, log.text, log.length, 0);
	collected_await(&collected, "number 4.");
	collect_wait_ok("kind=\"docker\"");
	assert_int_equal(collected_count_events(&collected, "number 0."), 1);
	assert_int_equal(collected_count_events(&collected, "number 1."), 1);
	assert_int_equal(collected_count_events(&collected, "number 2."), 2);
	assert_int_equal(collected_count_events(&collected, "number 3. a part of a line"), 1);
	assert_int_equal(collected_count_events(&collected, "orders E number 4. cannot"), 1);
}

static void what_a_removed_container_may_have_said_unread_is_counted(void **state)
{
	(void)state;
	autostr struct str log = STR_INIT;
	add_frame(&log, 1, 60, "number 0. of it\n");
	answer_container(ID, "running");
	answer("logs", 200, log.text, log.length, 60);
	watch_canned();
	collected_await(&collected, "number 0.");
	collected_wait(&collected, "obs_source", "kind=\"docker\"", "broke off", NULL);
	answer("json", 404, "{}", 2, 0);
	collected_await(&collected, "said last may be lost: it was removed");
	collected_wait(&collected, "obs_source", "kind=\"docker\"", "state=\"degraded\"",
		"dropped=1", NULL);
	/* Another one of that name is read whole. */
	answer_container(OTHER, "exited");
	answer("logs", 200, log.text, log.length, 0);
	collect_wait_ok("kind=\"docker\"");
	while (collected_count_events(&collected, "number 0.") < 2)
		collected_wait(&collected, "obs_notes", NULL);
}

/* Its file is not for everybody to read, so its supervisor names the container. */
static void a_bot_of_a_container_needs_no_line_of_logs(void **state)
{
	(void)state;
	autostr struct str log = STR_INIT;
	add_frame(&log, 1, 60, "number 0. of it\n");
	answer_container(ID, "running");
	answer("logs", 200, log.text, log.length, 0);
	start_canned();
	collected_start(&collected,
		"process: {interval: 300ms}\n"
		"supervisors: {docker: {kind: docker, address: %s/canned}}\n"
		"bots: [{name: orders, transport: none, process: {docker: talker}}]\n",
		folder);
	collected_wait(&collected, "obs_process", "bot=\"orders\"", "log=\"docker:talker\"", NULL);
	collected_wait_event(&collected, "docker:talker orders", "number 0. of it", NULL);
	collected_reload(&collected,
		"process: {interval: 300ms, logs: no}\n"
		"supervisors: {docker: {kind: docker, address: %s/canned}}\n"
		"bots: [{name: orders, transport: none, process: {docker: talker}}]\n",
		folder);
	collected_wait(&collected, "obs_source", "kind=\"docker\"", "gone=true", NULL);
}

static void what_is_no_log_is_said_and_asked_for_again(void **state)
{
	(void)state;
	static const struct {
		const char *body;
		int status;
		const char *said;
	} cases[] = {
		{"{\"message\":\"configured logging driver does not support reading\"}", 501,
			"answers 501: configured logging driver does not support reading"},
		{"these are no frames at all", 200, "the log of the container 'talker' is no log"},
		{"{\"message\":\"authz\"}", 403, "answers 403: authz"},
	};
	answer_container(ID, "running");
	answer("logs", 500, "", 0, 0);
	watch_canned();
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		answer("logs", cases[i].status, cases[i].body, strlen(cases[i].body), 0);
		collected_wait(&collected, "obs_source", "kind=\"docker\"", cases[i].said, NULL);
	}
	answer("json", 200, "[]", 2, 0);
	collected_wait(&collected, "obs_source", "kind=\"docker\"", "answers strangely", NULL);
	autostr struct str log = STR_INIT;
	add_frame(&log, 1, 60, "number 0. at last\n");
	answer_container(ID, "exited");
	answer("logs", 200, log.text, log.length, 0);
	collected_await(&collected, "number 0. at last");
}

static void ask_for_many(struct str *to, const char *engine)
{
	str_clear(to);
	str_addf(to, "supervisors: {docker: {kind: docker, address: %s/%s}}\nbots:\n", folder,
		engine);
	for (int i = 0; i < CONTAINERS; i++) {
		if (i % A_BOTS == 0)
			str_addf(to, "  - {name: bot%d, transport: none, logs: [", i);
		str_addf(to, "'docker:one%d'%s", i, (i + 1) % A_BOTS ? ", " : "]}\n");
	}
}

static void as_many_as_can_be_read_may_be_changed_for_as_many_others(void **state)
{
	(void)state;
	autostr struct str yaml = STR_INIT;
	ask_for_many(&yaml, "first");
	collected_start(&collected, "%s", yaml.text);
	collected_wait(&collected, "obs_source", "kind=\"docker\"", "/first'", NULL);
	ask_for_many(&yaml, "second");
	collected_reload(&collected, "%s", yaml.text);
	collected_wait(&collected, "obs_source", "kind=\"docker\"", "/second'", NULL);
}

int main(void)
{
#define TEST(name)   cmocka_unit_test_setup_teardown(name, setup, teardown)
#define CANNED(name) cmocka_unit_test_setup_teardown(name, collect_setup, teardown_canned)
	const struct CMUnitTest real[] = {
		TEST(ten_thousand_lines_are_each_there_once_whatever_happens_to_the_container),
		TEST(a_terminals_log_has_no_frames),
		TEST(a_container_that_is_made_later_is_read_whole),
		TEST(one_that_has_ended_shows_its_last_lines),
		TEST(nothing_is_read_back_where_the_configuration_says_so),
	};
	const struct CMUnitTest answers[] = {
		CANNED(a_stream_that_breaks_is_taken_up_where_it_was),
		CANNED(what_a_removed_container_may_have_said_unread_is_counted),
		CANNED(a_bot_of_a_container_needs_no_line_of_logs),
		CANNED(what_is_no_log_is_said_and_asked_for_again),
		CANNED(as_many_as_can_be_read_may_be_changed_for_as_many_others),
	};
	int failed = cmocka_run_group_tests_name(
		"core/collect/containers", real, setup_group, teardown_group);
	return failed +
	       cmocka_run_group_tests_name("core/collect/containers, answers", answers, NULL, NULL);
}

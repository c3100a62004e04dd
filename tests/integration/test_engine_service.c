/* SPDX-License-Identifier: MIT */
/* botswaind as a service: what systemd hears, what Prometheus reads, who may attach. */
#include "tests/support/engine_process.h"

#include <curl/curl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "core/model/model.h"

enum { HANGING = 6 };

/* ---- systemd ---- */

/* The socket that a service manager listens on (sd_notify(3)), for engines started from now on. */
static int notify_socket(const struct scene *scene)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/notify", scene->folder);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setenv("NOTIFY_SOCKET", at.sun_path, 1);
	setenv("WATCHDOG_USEC", "1000000", 1);
	return fd;
}

static void forget_notify_socket(int fd)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	close(fd);
}

/* Everything up to the message that holds the words. */
static void hear(int fd, const char *words, struct str *heard)
{
	char text[1024] = "";
	while (!strstr(text, words)) {
		ssize_t got = recv(fd, text, sizeof(text) - 1, 0);
		if (got < 0)
			fail_msg("%s was not said, only:\n%s", words, heard->text);
		text[got] = '\0';
		str_addf(heard, "%s\n", text);
	}
}

static void a_service_manager_hears_of_start_reload_and_end(void **state)
{
	const struct scene *scene = *state;
	autostr struct str heard = STR_INIT;
	int fd = notify_socket(scene);
	pid_t pid = scene_start(scene, NULL);
	hear(fd, "READY=1", &heard);
	hear(fd, "STATUS=1 bot, ", &heard);
	hear(fd, "WATCHDOG=1", &heard);
	hear(fd, "WATCHDOG=1", &heard);
	kill(pid, SIGHUP);
	hear(fd, "RELOADING=1\nMONOTONIC_USEC=", &heard);
	hear(fd, "READY=1", &heard);
	kill(pid, SIGTERM);
	hear(fd, "STOPPING=1", &heard);
	assert_exits(pid, 0);
	forget_notify_socket(fd);
}

static void a_refused_reload_ends_too_and_is_told(void **state)
{
	const struct scene *scene = *state;
	autostr struct str heard = STR_INIT;
	int fd = notify_socket(scene);
	pid_t pid = scene_start(scene, NULL);
	hear(fd, "READY=1", &heard);
	scene_configure(scene, "nonsense: yes\n");
	kill(pid, SIGHUP);
	hear(fd, "RELOADING=1", &heard);
	hear(fd, "READY=1", &heard);
	hear(fd, "STATUS=the changed configuration is refused", &heard);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
	forget_notify_socket(fd);
}

/* ---- Prometheus ---- */

static void serve_metrics(const struct scene *scene, char *ret_path, size_t size)
{
	snprintf(ret_path, size, "%s/http.sock", scene->folder);
	autofree char *more = xasprintf("http: {listen: %s}\n", ret_path);
	scene_configure(scene, more);
}

static size_t keep(char *bytes, size_t one, size_t count, void *context)
{
	str_add(context, bytes, one * count);
	return one * count;
}

/* The status, 0: no answer. */
static long ask(const char *socket_path, const char *path, struct str *ret_body)
{
	long status = 0;
	CURL *curl = curl_easy_init();
	autofree char *url = xasprintf("http://engine%s", path);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)PATIENCE_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, ret_body);
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	return status;
}

static bool says_clients(const char *path, unsigned clients)
{
	autostr struct str page = STR_INIT;
	assert_int_equal(ask(path, "/metrics", &page), 200);
	const char *line = strstr(page.text, "\nbotswain_clients{");
	return line && strtoul(strchr(line, ' '), NULL, 10) == clients;
}

static void a_prometheus_reads_what_the_screens_see(void **state)
{
	const struct scene *scene = *state;
	char path[108];
	struct screen screen;
	serve_metrics(scene, path, sizeof(path));
	pid_t pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	autostr struct str health = STR_INIT, page = STR_INIT, none = STR_INIT;
	while (ask(path, "/healthz", &health) == 503) /* its replica is not there yet */
		str_clear(&health);
	assert_string_equal(health.text, "ok\n");
	AWAIT(&screen, says_clients(path, 1)); /* it is none itself */
	assert_int_equal(ask(path, "/metrics", &page), 200);
	assert_non_null(strstr(page.text, "\nbot_enabled{bot=\"orders\"} 1\n"));
	assert_null(strstr(page.text, "AAaaBBbb"));
	assert_int_equal(ask(path, "/", &none), 404);
	screen_detach(&screen);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
	assert_int_equal(access(path, F_OK), -1);
}

static void open_and_hang(const char *path, int fds[HANGING])
{
	static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	for (int i = 0; i < HANGING; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fds[i], (const struct sockaddr *)&at, sizeof(at)), 0);
		size_t length =
			i % 2 ? sizeof(request) - 1 : 9; /* half of a request, or all of it */
		assert_int_equal(send(fds[i], request, length, MSG_NOSIGNAL), length);
	}
}

static void scrapers_that_hang_hold_up_nobody(void **state)
{
	const struct scene *scene = *state;
	char path[108];
	int fds[HANGING];
	struct screen screen;
	serve_metrics(scene, path, sizeof(path));
	pid_t pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	open_and_hang(path, fds);
	int64_t turn_ms = client_turn_wall_ms(screen.client);
	AWAIT(&screen, client_turn_wall_ms(screen.client) > turn_ms + 1000);
	autostr struct str page = STR_INIT;
	assert_int_equal(ask(path, "/metrics", &page), 200);
	screen_detach(&screen);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
	for (int i = 0; i < HANGING; i++)
		close(fds[i]);
}

enum { TRICKLERS = 90, QUICK_MS = 2000, TRICKLE_MS = 100, REQUEST_MS = 5000 };

static int open_trickle(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A request of which a byte comes now and then; one that is hung up on comes again. Until it is ended. */
static void trickle(const char *path)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\nX: ";
	int fds[TRICKLERS];
	size_t sent[TRICKLERS] = {0};
	for (int i = 0; i < TRICKLERS; i++)
		fds[i] = open_trickle(path);
	for (;;) {
		for (int i = 0; i < TRICKLERS; i++) {
			char byte = sent[i] < sizeof(request) - 1 ? request[sent[i]] : 'x';
			if (fds[i] >= 0 &&
				send(fds[i], &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) {
				sent[i]++;
				continue;
			}
			if (fds[i] >= 0)
				close(fds[i]);
			fds[i] = open_trickle(path);
			sent[i] = 0;
		}
		(void)poll(NULL, 0, TRICKLE_MS);
	}
}

static void those_who_trickle_keep_no_scraper_out(void **state)
{
	const struct scene *scene = *state;
	char path[108];
	struct screen screen;
	serve_metrics(scene, path, sizeof(path));
	pid_t pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	pid_t trickler = fork();
	if (trickler == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		trickle(path);
	}
	int64_t begun_ms = client_turn_wall_ms(screen.client);
	AWAIT(&screen, client_turn_wall_ms(screen.client) > begun_ms + 1000);
	for (int i = 0; i < 5; i++) {
		autostr struct str page = STR_INIT;
		int64_t asked_ms = clock_mono_ms(clock_real());
		assert_int_equal(ask(path, "/metrics", &page), 200);
		assert_in_range(clock_mono_ms(clock_real()) - asked_ms, 0, QUICK_MS);
	}
	kill(trickler, SIGKILL);
	assert_int_equal(waitpid(trickler, NULL, 0), trickler);
	screen_detach(&screen);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
}

enum { BEHIND = 80, AT_THE_DOOR_MS = 50, TRIES = 10 };

/* Answered, though so many came behind it before it asked. */
static bool asks_before_a_crowd(const char *path)
{
	static const char request[] = "GET /healthz HTTP/1.0\r\n\r\n";
	int behind[BEHIND], fd = open_trickle(path);
	for (int i = 0; i < BEHIND; i++)
		behind[i] = open_trickle(path);
	struct pollfd slot = {.fd = fd, .events = POLLIN};
	char answer[64] = "";
	bool stayed = poll(&slot, 1, AT_THE_DOOR_MS) == 0;
	if (stayed && send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) > 0 &&
		poll(&slot, 1, PATIENCE_MS) == 1)
		(void)recv(fd, answer, sizeof(answer) - 1, 0);
	for (int i = 0; i < BEHIND; i++)
		close(behind[i]);
	close(fd);
	return strstr(answer, " 200 ") != NULL;
}

/* Several tries: a machine that lets neither of us run for so long is no failure. */
static void whoever_comes_has_a_moment_to_ask(void **state)
{
	const struct scene *scene = *state;
	char path[108];
	struct screen screen;
	bool was_answered = false;
	serve_metrics(scene, path, sizeof(path));
	pid_t pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	AWAIT(&screen, says_clients(path, 1));
	for (int i = 0; i < TRIES && !was_answered; i++)
		was_answered = asks_before_a_crowd(path);
	assert_true(was_answered);
	screen_detach(&screen);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
}

/* However often a byte comes: the time of a request is bounded. */
static void a_request_that_never_ends_is_hung_up_on(void **state)
{
	const struct scene *scene = *state;
	char path[108];
	struct screen screen;
	serve_metrics(scene, path, sizeof(path));
	pid_t pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	int fd = open_trickle(path);
	assert_true(fd >= 0);
	int64_t begun_ms = clock_mono_ms(clock_real()), took_ms = 0;
	struct pollfd slot = {.fd = fd, .events = POLLRDHUP};
	while (poll(&slot, 1, TRICKLE_MS) == 0 && took_ms < 3 * REQUEST_MS) {
		(void)send(fd, "x", 1, MSG_NOSIGNAL);
		took_ms = clock_mono_ms(clock_real()) - begun_ms;
	}
	assert_in_range(took_ms, REQUEST_MS - 1000, 2 * REQUEST_MS);
	close(fd);
	screen_detach(&screen);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
}

/* ---- the group ---- */

static int try_to_attach(const struct scene *scene, const struct passwd *user, gid_t group)
{
	struct screen screen;
	struct err err;
	screen_load(scene, &screen);
	if (setgroups(1, &group) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
		return 2;
	if (!client_connect(screen.settings->socket_path, screen.settings->state_dir, "screen",
		    true, &screen.client, &err))
		return 1;
	AWAIT(&screen, model_engine(screen.model));
	return 0;
}

/* Runs as somebody else: 0 attached, 1 not let in. */
static int as(const struct scene *scene, const struct passwd *user, gid_t group)
{
	int status;
	pid_t pid = fork();
	if (pid == 0)
		_exit(try_to_attach(scene, user, group));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void members_of_the_group_may_attach_and_others_may_not(void **state)
{
	const struct scene *scene = *state;
	struct screen screen;
	const struct passwd *nobody = getpwnam("nobody");
	const struct group *group =
		getgrnam("operator") ? getgrnam("operator") : getgrnam("daemon");
	if (geteuid() != 0 || !nobody || !group)
		skip();
	gid_t gid = group->gr_gid;
	autofree char *more = xasprintf("socket: {group: %s}\n", group->gr_name);
	assert_int_equal(chmod(scene->folder, 0711), 0);
	scene_configure(scene, more);
	pid_t pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	assert_int_equal(as(scene, nobody, gid), 0);
	assert_int_equal(as(scene, nobody, nobody->pw_gid), 1);
	screen_detach(&screen);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
}

/* Attaches as somebody else and stays: 0 hung up on, 1 not let in, 3 still there when the patience is over. A byte on the pipe
 * says that it is in. */
static int attach_and_stay(
	const struct scene *scene, const struct passwd *user, gid_t group, int is_in)
{
	struct screen screen;
	struct err err;
	screen_load(scene, &screen);
	if (setgroups(1, &group) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
		return 2;
	if (!client_connect(screen.settings->socket_path, screen.settings->state_dir, "screen",
		    true, &screen.client, &err))
		return 1;
	AWAIT(&screen, model_engine(screen.model));
	if (write(is_in, "", 1) != 1)
		return 2;
	int64_t until_ms = clock_mono_ms(clock_real()) + PATIENCE_MS;
	while (client_state(screen.client) != CLIENT_LOST) {
		if (clock_mono_ms(clock_real()) > until_ms)
			return 3;
		screen_step(&screen);
	}
	return 0;
}

static pid_t stay_as(const struct scene *scene, const struct passwd *user, gid_t group)
{
	char byte;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(attach_and_stay(scene, user, group, ends[1]));
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return pid;
}

/* `write` and the words of an error tell which reload it was. */
static void reload(const struct scene *scene, struct screen *screen, pid_t pid, const char *more,
	const char *error)
{
	bool is_armed = strcmp(model_engine(screen->model)->write, "armed") == 0;
	const char *write = is_armed == (*error != '\0') ? "armed" : "read-only";
	autofree char *text = xasprintf("write: %s\n%s", write, more);
	scene_configure(scene, text);
	kill(pid, SIGHUP);
	if (*error)
		AWAIT(screen, strstr(model_engine(screen->model)->config_error, error));
	else
		AWAIT(screen, strcmp(model_engine(screen->model)->write, write) == 0);
}

/* Who may look no more is hung up on, and the door is closed or open to others from then on. */
static void a_reload_opens_and_closes_the_door(void **state)
{
	const struct scene *scene = *state;
	struct screen screen;
	const struct passwd *nobody = getpwnam("nobody");
	const struct group *first = getgrnam("daemon");
	gid_t gid = first ? first->gr_gid : 0;
	const struct group *second = getgrnam("mail");
	gid_t other = second ? second->gr_gid : 0;
	if (geteuid() != 0 || !nobody || !gid || !other)
		skip();
	assert_int_equal(chmod(scene->folder, 0711), 0);
	scene_configure(scene, "socket: {group: daemon}\n");
	pid_t pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	pid_t guest = stay_as(scene, nobody, gid);
	reload(scene, &screen, pid, "socket: {group: mail}\n", "");
	assert_exits(guest, 0);
	assert_int_equal(as(scene, nobody, gid), 1);
	assert_int_equal(as(scene, nobody, other), 0);
	guest = stay_as(scene, nobody, other);
	reload(scene, &screen, pid, "socket: {group: no-such-group}\n",
		"there is no group 'no-such-group'");
	assert_int_equal(as(scene, nobody, other), 0);
	reload(scene, &screen, pid, "", "");
	assert_exits(guest, 0);
	assert_int_equal(as(scene, nobody, other), 1);
	assert_int_equal(client_state(screen.client), CLIENT_ATTACHED);
	reload(scene, &screen, pid, "socket: {group: daemon}\n", "");
	assert_int_equal(as(scene, nobody, gid), 0);
	screen_detach(&screen);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
}

static void a_reload_ends_the_recording_and_says_when_it_begins(void **state)
{
	const struct scene *scene = *state;
	struct screen screen;
	pid_t pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	AWAIT(&screen, model_engine(screen.model)->recording_from_ms);
	reload(scene, &screen, pid, "recording: {disk: 1MiB}\n", "");
	assert_string_equal(model_engine(screen.model)->recording_error, "");
	AWAIT(&screen, model_engine(screen.model)->recording_limit_bytes == 1 << 20);
	const uint64_t row = entity_id("service", "engine/recording");
	assert_non_null(model_find(screen.model, MSG_service, row));
	reload(scene, &screen, pid, "recording: {disk: 0}\n", "");
	AWAIT(&screen, !model_engine(screen.model)->recording_from_ms);
	assert_string_equal(model_engine(screen.model)->recording, "");
	AWAIT(&screen, !model_find(screen.model, MSG_service, row));
	reload(scene, &screen, pid, "", "");
	AWAIT(&screen, strstr(model_engine(screen.model)->recording_error, "started again"));
	screen_detach(&screen);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
}

/* Of a service manager that says nothing of it an engine would have 1,024. */
static void an_engine_takes_as_many_descriptors_as_are_permitted(void **state)
{
	const struct scene *scene = *state;
	struct screen screen;
	struct rlimit old, usual, now;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	usual = (struct rlimit){256, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
	pid_t pid = scene_start(scene, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	screen_load(scene, &screen);
	screen_attach(&screen);
	assert_int_equal(prlimit(pid, RLIMIT_NOFILE, NULL, &now), 0);
	assert_int_equal(now.rlim_cur, old.rlim_max);
	screen_detach(&screen);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
}

static void a_group_that_is_not_there_is_said(void **state)
{
	const struct scene *scene = *state;
	scene_configure(scene, "socket: {group: no-such-group}\n");
	assert_exits(scene_start(scene, NULL), 1);
	autofree char *words = scene_said(scene);
	assert_non_null(strstr(words, "there is no group 'no-such-group'"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_service_manager_hears_of_start_reload_and_end),
		TEST(a_refused_reload_ends_too_and_is_told),
		TEST(a_prometheus_reads_what_the_screens_see),
		TEST(scrapers_that_hang_hold_up_nobody),
		TEST(those_who_trickle_keep_no_scraper_out),
		TEST(whoever_comes_has_a_moment_to_ask),
		TEST(a_request_that_never_ends_is_hung_up_on),
		TEST(members_of_the_group_may_attach_and_others_may_not),
		TEST(a_reload_opens_and_closes_the_door),
		TEST(a_reload_ends_the_recording_and_says_when_it_begins),
		TEST(an_engine_takes_as_many_descriptors_as_are_permitted),
		TEST(a_group_that_is_not_there_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

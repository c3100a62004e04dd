/* SPDX-License-Identifier: MIT */
#include "tests/accept/observe.h"

#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/model.h"
#include "tests/support/vt.h"

extern char **environ;

struct observer {
	const char *program, *config;
	struct vt *screens[PLACES];
};

int64_t observer_now_ms(void)
{
	return clock_mono_ms(clock_real());
}

struct observer *observer_new(const char *program, const char *config)
{
	struct observer *observer = xcalloc(1, sizeof(*observer));
	*observer = (struct observer){.program = program, .config = config};
	const char *const argv[] = {program, "-c", config, NULL};
	observer->screens[PLACE_SMALL] = vt_spawn(24, 80, argv, NULL);
	observer->screens[PLACE_LARGE] = vt_spawn(45, 160, argv, NULL);
	for (int place = PLACE_SMALL; place < PLACES; place++) {
		vt_record(observer->screens[place]);
		vt_wait_text(observer->screens[place], "orders", 15000);
	}
	return observer;
}

void observer_free(struct observer *observer)
{
	if (!observer)
		return;
	for (int place = PLACE_SMALL; place < PLACES; place++)
		vt_free(observer->screens[place]);
	free(observer);
}

struct vt *observer_screen(struct observer *observer, int place)
{
	return observer->screens[place];
}

static void read_all(int fd, struct str *to)
{
	char chunk[8192];
	for (ssize_t got; (got = read(fd, chunk, sizeof(chunk))) > 0;)
		str_add(to, chunk, (size_t)got);
}

int observer_ask(struct observer *observer, const char *const arguments[], struct str *ret_output)
{
	char *argv[16] = {(char *)(uintptr_t)observer->program, (char *)(uintptr_t) "-c",
		(char *)(uintptr_t)observer->config};
	for (size_t i = 0; arguments[i] && i < COUNT_OF(argv) - 4; i++)
		argv[3 + i] = (char *)(uintptr_t)arguments[i];
	int ends[2], status = 0;
	pid_t pid;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	int failed = posix_spawn(&pid, observer->program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (!failed) {
		read_all(ends[0], ret_output);
		waitpid(pid, &status, 0);
	}
	close(ends[0]);
	return failed ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The array under `name` of a command's JSON ({"v":1,"<name>":[...]}); the caller owns the root. */
static json_t *ask_list(struct observer *observer, const char *name, json_t **ret_root)
{
	autostr struct str output = STR_INIT;
	const char *const arguments[] = {name, "--json", NULL};
	observer_ask(observer, arguments, &output);
	*ret_root = json_loadb(output.text, output.length, 0, NULL);
	return json_object_get(*ret_root, name);
}

static const char *text_of(const json_t *item, const char *key)
{
	const char *text = json_string_value(json_object_get(item, key));
	return text ? text : "";
}

static void look_at_alerts(
	struct observer *observer, const char *rule, const char *target, struct look *ret)
{
	json_t *root, *item, *list = ask_list(observer, "alerts", &root);
	size_t i;
	json_array_foreach(list, i, item)
	{
		if (strcmp(text_of(item, "state"), "firing") != 0)
			continue;
		if (strcmp(text_of(item, "target_name"), target) != 0) {
			if (!ret->others++)
				snprintf(ret->other, sizeof(ret->other), "%s %s",
					text_of(item, "rule"), text_of(item, "target_name"));
		} else if (strcmp(text_of(item, "rule"), rule) == 0) {
			ret->json = true;
		}
	}
	json_decref(root);
}

static void look_at_target(
	struct observer *observer, const char *list_name, const char *target, struct look *ret)
{
	json_t *root, *item, *list = ask_list(observer, list_name, &root);
	size_t i;
	json_array_foreach(list, i, item)
	{
		const char *why =
			text_of(item, strcmp(list_name, "sources") == 0 ? "state" : "why");
		bool red = json_integer_value(json_object_get(item, "severity")) >= SEVERITY_WARN;
		if (strcmp(text_of(item, "name"), target) != 0 || !*why || !red)
			continue;
		copy_text(ret->why, sizeof(ret->why), why);
		ret->is_rowless = strcmp(text_of(item, "kind"), "scrape") == 0;
		ret->shown[PLACE_JSON] = true;
	}
	json_decref(root);
}

/* A row that holds the target's name and the beginning of its reason (the column may clip it). */
static bool screen_shows(struct vt *vt, const char *target, const char *why)
{
	char head[12];
	copy_text(head, sizeof(head), why);
	for (int row = 0; row < 60; row++) {
		autostr struct str text = STR_INIT;
		vt_row(vt, row, &text);
		if (strstr(text.text, target) && (!*head || strstr(text.text, head)))
			return true;
	}
	return false;
}

/* The alert itself: its row (80 columns have no room for its name), or the one line of a folded pane. */
static bool screen_alerts(struct vt *vt, const char *rule, const char *target)
{
	for (int row = 0; row < 60; row++) {
		autostr struct str text = STR_INIT;
		vt_row(vt, row, &text);
		if (strstr(text.text, target) &&
			(strstr(text.text, rule) || strstr(text.text, "firing")))
			return true;
	}
	return false;
}

void observer_look(struct observer *observer, const char *rule, const char *target, int wait_ms,
	struct look *ret)
{
	*ret = (struct look){.json = false};
	for (int place = PLACE_SMALL; place < PLACES; place++)
		vt_wait_quiet(observer->screens[place], wait_ms, wait_ms);
	look_at_alerts(observer, rule, target, ret);
	const char *const lists[] = {"bots", "services", "sources"};
	for (size_t i = 0; i < COUNT_OF(lists) && !*ret->why; i++)
		look_at_target(observer, lists[i], target, ret);
	for (int place = PLACE_SMALL; place < PLACES; place++)
		ret->shown[place] = *ret->why &&
				    (ret->is_rowless || screen_shows(observer->screens[place],
								target, ret->why)) &&
				    screen_alerts(observer->screens[place], rule, target);
}

unsigned observer_firing(struct observer *observer, char *ret_first, size_t size)
{
	struct look look = {.json = false};
	look_at_alerts(observer, "", "", &look);
	copy_text(ret_first, size, look.other);
	return look.others;
}

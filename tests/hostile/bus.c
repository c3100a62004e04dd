/* SPDX-License-Identifier: MIT */
#include "tests/hostile/bus.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/hostile/places.h"
#include "tests/support/folder.h"
#include "tests/support/sockets.h"
#include "tests/support/spawn.h"

#define MANAGER  "org.freedesktop.systemd1"
#define MANAGER_ "/org/freedesktop/systemd1"

enum { START_MS = 20000, LOOK_US = 100000 };

static struct {
	pid_t daemon;
	sd_bus *bus;
	char *unit_file;
	atomic_bool ends;
	pthread_t thread;
} systemd;

/* ---- the lists ---- */

static int add_unit(sd_bus_message *reply, const char *name, const char *path)
{
	return sd_bus_message_append(reply, "(ssssssouso)", name, "a bot", "loaded", "active",
		"running", "", path, 0, "", "/");
}

static int list_wanted(sd_bus_message *call, sd_bus_message *reply)
{
	char **wanted = NULL;
	int result = sd_bus_message_read_strv(call, &wanted);
	for (size_t i = 0; result >= 0 && wanted && wanted[i]; i++) {
		autofree char *word = xstrndup(wanted[i], strcspn(wanted[i], "."));
		autofree char *path = xasprintf(MANAGER_ "/unit/%s", word);
		result = add_unit(reply, wanted[i], path);
	}
	for (size_t i = 0; wanted && wanted[i]; i++)
		free(wanted[i]);
	free((void *)wanted);
	return result;
}

static int reply_list(sd_bus_message *call, bool is_all)
{
	sd_bus_message *reply = NULL;
	autofree char *name = place_text(PLACE_systemd_unit);
	int result = sd_bus_message_new_method_return(call, &reply);
	if (result >= 0)
		result = sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
	if (result >= 0)
		result = is_all ? add_unit(reply, name, MANAGER_ "/unit/other")
				: list_wanted(call, reply);
	if (result >= 0)
		result = sd_bus_message_close_container(reply);
	if (result >= 0)
		result = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return result;
}

/* ---- a unit ---- */

static int add_word(sd_bus_message *reply, const char *property, const char *value)
{
	return sd_bus_message_append(reply, "{sv}", property, "s", value);
}

static int add_words(sd_bus_message *reply, const char *path)
{
	bool has_sub = strcmp(path, MANAGER_ "/unit/one") == 0,
	     has_active = strcmp(path, MANAGER_ "/unit/two") == 0;
	autofree char *active = place_text(PLACE_systemd_active),
		      *sub = place_text(PLACE_systemd_sub), *why = place_text(PLACE_systemd_result),
		      *folder_of = place_text(PLACE_systemd_directory);
	autofree char *directory = xasprintf("/%s", folder_of);
	const char *const words[][2] = {{"LoadState", "loaded"},
		{"ActiveState", has_active ? active
				: has_sub  ? "active"
					   : "failed"},
		{"SubState", has_sub ? sub : "running"},
		{"Result", has_sub || has_active ? "success" : why},
		{"WorkingDirectory", directory}, {"StandardOutput", "append"},
		{"StandardError", "inherit"}, {"FragmentPath", systemd.unit_file}};
	int result = 0;
	for (size_t i = 0; i < COUNT_OF(words) && result >= 0; i++)
		result = add_word(reply, words[i][0], words[i][1]);
	return result;
}

static int add_command(sd_bus_message *reply)
{
	autofree char *command = place_text(PLACE_systemd_command),
		      *variable = place_variable(PLACE_systemd_variable, 1);
	int result = sd_bus_message_append(reply, "{sv}", "Environment", "as", 1, variable);
	if (result >= 0)
		result = sd_bus_message_append(reply, "{sv}", "ExecStart", "a(sasbttttuii)", 1,
			command, 2, command, command, 0, UINT64_C(0), UINT64_C(0), UINT64_C(0),
			UINT64_C(0), 0, 0, 0);
	return result;
}

static int reply_unit(sd_bus_message *call)
{
	sd_bus_message *reply = NULL;
	int result = sd_bus_message_new_method_return(call, &reply);
	if (result >= 0)
		result = sd_bus_message_open_container(reply, 'a', "{sv}");
	if (result >= 0)
		result = add_words(reply, sd_bus_message_get_path(call));
	if (result >= 0)
		result = add_command(reply);
	if (result >= 0)
		result = sd_bus_message_close_container(reply);
	if (result >= 0)
		result = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return result;
}

/* ---- calls ---- */

static int asks_for_refused(sd_bus_message *call)
{
	const char *name;
	int result = sd_bus_message_enter_container(call, 'a', "s");
	bool is_refused = result >= 0 && sd_bus_message_read_basic(call, 's', &name) > 0 &&
			  strcmp(name, "refused.service") == 0;
	(void)sd_bus_message_rewind(call, true);
	return is_refused;
}

static int on_call(sd_bus_message *call, void *context, sd_bus_error *ret_error)
{
	(void)context, (void)ret_error;
	if (sd_bus_message_is_method_call(call, MANAGER ".Manager", "ListUnitsByPatterns"))
		return reply_list(call, true);
	if (sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", "GetAll"))
		return reply_unit(call);
	if (!sd_bus_message_is_method_call(call, MANAGER ".Manager", "ListUnitsByNames"))
		return 0;
	autofree char *refusal = place_text(PLACE_systemd_refusal);
	if (asks_for_refused(call))
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_FAILED, "%s", refusal);
	return reply_list(call, false);
}

/* ---- its life ---- */

static void *run(void *nothing)
{
	while (!systemd.ends && sd_bus_process(systemd.bus, NULL) >= 0)
		(void)sd_bus_wait(systemd.bus, LOOK_US);
	return nothing;
}

void bus_open(void)
{
	autofree char *path = folder_path("bus"), *address = xasprintf("unix:path=%s", path),
		      *option = xasprintf("--address=%s", address);
	systemd.unit_file = folder_path("one.service");
	systemd.daemon = spawn_start(
		WORDS("dbus-daemon", "--session", "--nofork", option), &(struct spawn){0});
	assert_true(comes_true(socket_listens, path, START_MS));
	assert_true(sd_bus_new(&systemd.bus) >= 0);
	assert_true(sd_bus_set_address(systemd.bus, address) >= 0);
	assert_true(sd_bus_set_bus_client(systemd.bus, true) >= 0);
	assert_true(sd_bus_start(systemd.bus) >= 0);
	assert_true(sd_bus_add_fallback(systemd.bus, NULL, MANAGER_, on_call, NULL) >= 0);
	assert_true(sd_bus_request_name(systemd.bus, MANAGER, 0) >= 0);
	systemd.ends = false;
	assert_int_equal(pthread_create(&systemd.thread, NULL, run, NULL), 0);
}

void bus_close(void)
{
	systemd.ends = true;
	pthread_join(systemd.thread, NULL);
	sd_bus_flush_close_unref(systemd.bus);
	(void)spawn_end(&systemd.daemon, SIGTERM);
	free(systemd.unit_file);
}

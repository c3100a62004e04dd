/* SPDX-License-Identifier: MIT */
/*
 * systemd's services by its D-Bus interface: one list, then everything of each service that can be
 * a bot's, many questions under way at a time. The connection lives for one question. Nothing is
 * started, nothing asks a person for permission, and only sockets are addresses (`unixexec:` would
 * run a program).
 */
#include "core/collect/programs.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/net.h"
#include "core/collect/systemd_unit.h"

#define MANAGER  "org.freedesktop.systemd1"
#define MANAGER_ "/org/freedesktop/systemd1"
#define SUFFIX   ".service"

enum { UNDER_WAY_MAX = 64, UNIT_NAME_MAX = 255 };

struct unit {
	struct look *look;
	char *id, *path; /* what systemd calls it, also where it was asked for by an alias */
	size_t program;
};

struct look {
	const struct programs_question *question;
	struct programs *programs;
	struct net_limit limit;
	char *address;
	bool is_user;
	sd_bus *bus;
	char **wanted;     /* unit names, NULL at the end; NULL: all */
	size_t *wanted_as; /* index in question->only */
	size_t wanted_count;
	struct unit *units;
	size_t count, capacity, asked, under_way;
	struct err err; /* ERR_NONE: fine so far */
};

/* ---- where ---- */

static const char *variable(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

/* NULL: there is none. */
static char *usual_address(bool is_user)
{
	const char *said =
		variable(is_user ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS");
	const char *runtime = variable("XDG_RUNTIME_DIR");
	if (said)
		return xstrdup(said);
	if (!is_user)
		return xstrdup("unix:path=/run/dbus/system_bus_socket");
	return runtime ? xasprintf("unix:path=%s/bus", runtime) : NULL;
}

static bool find_address(struct look *look, struct err *err)
{
	const char *said = look->question->address;
	look->is_user = !strcmp(said, "user");
	if (*said && !look->is_user)
		look->address = said[0] == '/' ? xasprintf("unix:path=%s", said) : xstrdup(said);
	else
		look->address = usual_address(look->is_user);
	if (!look->address)
		return err_set(err, ERR_NOT_FOUND,
			"there is no bus of this user: XDG_RUNTIME_DIR is not set");
	if (!starts_with(look->address, "unix:") || strchr(look->address, ';'))
		return err_set(err, ERR_INVALID,
			"'%.120s' is no address of a bus: give a socket's path, unix:path=PATH, or "
			"user",
			look->address);
	return true;
}

/* ---- what goes wrong ---- */

static bool say_errno(const struct look *look, int errnum, struct err *err)
{
	const char *at = look->address;
	if (errnum == EACCES || errnum == EPERM)
		return err_set(err, ERR_DENIED,
			"may not ask systemd on the bus '%.100s': another user's bus answers that "
			"user alone",
			at);
	if (errnum == ENOENT || errnum == ECONNREFUSED || errnum == ENOTDIR)
		return err_set(
			err, ERR_NOT_FOUND, "there is no systemd here: no bus at '%.120s'", at);
	return err_set(err, ERR_UNREACHABLE, "cannot ask systemd on the bus '%.100s': %s", at,
		strerror(errnum));
}

static bool say_error(const struct look *look, const sd_bus_error *error, struct err *err)
{
	static const char *const nobody[] = {SD_BUS_ERROR_SERVICE_UNKNOWN,
		SD_BUS_ERROR_NAME_HAS_NO_OWNER, SD_BUS_ERROR_UNKNOWN_METHOD,
		SD_BUS_ERROR_UNKNOWN_OBJECT};
	for (size_t i = 0; i < COUNT_OF(nobody); i++)
		if (sd_bus_error_has_name(error, nobody[i]))
			return err_set(err, ERR_NOT_FOUND,
				"there is no systemd on the bus '%.100s': nobody answers as "
				"" MANAGER,
				look->address);
	bool is_denied = sd_bus_error_has_name(error, SD_BUS_ERROR_ACCESS_DENIED);
	return err_set(err, is_denied ? ERR_DENIED : ERR_PROTOCOL,
		"systemd on the bus '%.60s' refuses: %.80s (%.60s)%s", look->address,
		error->message ? error->message : "no reason given", error->name,
		is_denied ? ": let this user send to it in the bus's policy" : "");
}

static bool has_failed(const struct look *look)
{
	return look->err.code != ERR_NONE;
}

/* ---- one question ---- */

static int new_call(struct look *look, const char *path, const char *interface, const char *member,
	sd_bus_message **ret)
{
	int result =
		sd_bus_message_new_method_call(look->bus, ret, MANAGER, path, interface, member);
	return result < 0 ? result : sd_bus_message_set_auto_start(*ret, false);
}

/* The deadline and a stop count also while one answer follows the other. */
static bool may_go_on(const struct look *look, struct err *err)
{
	struct pollfd stop = {.fd = look->limit.stop_fd, .events = POLLIN};
	if (stop.fd >= 0 && poll(&stop, 1, 0) > 0)
		return err_set(err, ERR_CANCELLED, "stopped");
	if (clock_mono_ms(look->limit.clock) >= look->limit.deadline_ms)
		return err_set(err, ERR_TIMEOUT, "no answer of systemd in time");
	return true;
}

/* Turns the bus until nothing is under way. */
static bool wait_for_all(struct look *look, struct err *err)
{
	while (look->under_way && !has_failed(look)) {
		int result = sd_bus_process(look->bus, NULL);
		if (result < 0)
			return say_errno(look, -result, err);
		if (result > 0 && !may_go_on(look, err))
			return false;
		if (result > 0)
			continue;
		int events = sd_bus_get_events(look->bus);
		if (events < 0)
			return say_errno(look, -events, err);
		if (!net_wait(sd_bus_get_fd(look->bus), (short)events, &look->limit,
			    "no answer of systemd", err))
			return false;
	}
	if (has_failed(look))
		return err_set(err, look->err.code, "%s", look->err.text);
	return true;
}

/* ---- the list ---- */

static bool is_name_char(char ch)
{
	return isalnum((unsigned char)ch) || (ch && strchr(":-_.\\@", ch));
}

/* A whole unit name, NULL when no service can have it. */
static char *unit_name(const char *name)
{
	size_t length = strlen(name);
	bool is_whole = length > strlen(SUFFIX) && !strcmp(name + length - strlen(SUFFIX), SUFFIX);
	for (size_t i = 0; i < length; i++)
		if (!is_name_char(name[i]))
			return NULL;
	if (!length || length + strlen(SUFFIX) > UNIT_NAME_MAX || name[0] == '@')
		return NULL;
	/* bot@.service is a template: nothing runs under that name. */
	const char *at = strchr(name, '@');
	if (at && (!at[1] || !strcmp(at + 1, SUFFIX)))
		return NULL;
	return is_whole ? xstrdup(name) : xasprintf("%s" SUFFIX, name);
}

static void take_wanted(struct look *look)
{
	const struct programs_question *question = look->question;
	if (!question->only_count)
		return;
	look->wanted = xcalloc(question->only_count + 1, sizeof(char *));
	look->wanted_as = xcalloc(question->only_count, sizeof(size_t));
	for (size_t i = 0; i < question->only_count; i++) {
		char *name = unit_name(question->only[i]);
		if (!name)
			continue;
		look->wanted[look->wanted_count] = name;
		look->wanted_as[look->wanted_count++] = i;
	}
}

/* Of all services: what ran to its end and stays "active", and systemd's own, are no bots. */
static bool can_matter(const struct look *look, const char *id, const char *load, const char *sub)
{
	if (!strcmp(load, "not-found"))
		return false;
	if (look->wanted)
		return true;
	return !strcmp(load, "loaded") && strcmp(sub, "exited") != 0 &&
	       !starts_with(id, "systemd-") && !starts_with(id, "user@");
}

static void add_unit(struct look *look, const char *id, const char *path, const char *name)
{
	struct program *program = programs_add(look->programs);
	program_text(&program->name, name, strlen(name));
	look->units = grow(look->units, look->count, &look->capacity, sizeof(struct unit));
	look->units[look->count++] = (struct unit){.look = look,
		.id = xstrdup(id),
		.path = xstrdup(path),
		.program = look->programs->count - 1};
}

/* Those asked for by name come in that order, one each. */
static int take_list(struct look *look, sd_bus_message *reply)
{
	const char *id, *load, *sub, *path;
	size_t row = 0;
	int result = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
	while (result >= 0 && (result = sd_bus_message_read(reply, "(ssssssouso)", &id, NULL, &load,
				       NULL, &sub, NULL, &path, NULL, NULL, NULL)) > 0) {
		if (look->wanted && row >= look->wanted_count)
			return -EBADMSG;
		const char *name = look->wanted ? look->question->only[look->wanted_as[row]] : id;
		row++;
		if (!can_matter(look, id, load, sub))
			continue;
		if (look->count == LIMIT_PROGRAMS)
			return -E2BIG;
		add_unit(look, id, path, name);
	}
	return result < 0 || !look->wanted || row == look->wanted_count ? result : -EBADMSG;
}

static int on_list(sd_bus_message *reply, void *context, sd_bus_error *ret_error)
{
	struct look *look = context;
	(void)ret_error;
	look->under_way--;
	if (sd_bus_message_is_method_error(reply, NULL)) {
		say_error(look, sd_bus_message_get_error(reply), &look->err);
		return 0;
	}
	int result = take_list(look, reply);
	if (result == -E2BIG)
		err_set(&look->err, ERR_LIMIT,
			"systemd has more than %d services: name those that are wanted",
			LIMIT_PROGRAMS);
	else if (result < 0)
		err_set(&look->err, ERR_PROTOCOL, "cannot read systemd's list of units: %s",
			strerror(-result));
	return 0;
}

static int ask_list(struct look *look)
{
	sd_bus_message *call = NULL;
	int result = new_call(look, MANAGER_, MANAGER ".Manager",
		look->wanted ? "ListUnitsByNames" : "ListUnitsByPatterns", &call);
	if (result >= 0 && look->wanted)
		result = sd_bus_message_append_strv(call, look->wanted);
	else if (result >= 0)
		result = sd_bus_message_append(call, "asas", 0, 1, "*" SUFFIX);
	if (result >= 0)
		result = sd_bus_call_async(look->bus, NULL, call, on_list, look, 0);
	sd_bus_message_unref(call);
	look->under_way += result >= 0;
	return result;
}

/* ---- each service ---- */

static int ask_unit(struct look *look, struct unit *unit);

static void ask_more(struct look *look)
{
	while (look->asked < look->count && look->under_way < UNDER_WAY_MAX && !has_failed(look)) {
		int result = ask_unit(look, &look->units[look->asked++]);
		if (result < 0)
			say_errno(look, -result, &look->err);
		else
			look->under_way++;
	}
}

/* A service that systemd forgot since it was listed stays without a state. */
static int on_unit(sd_bus_message *reply, void *context, sd_bus_error *ret_error)
{
	struct unit *unit = context;
	struct look *look = unit->look;
	(void)ret_error;
	look->under_way--;
	if (sd_bus_message_is_method_error(reply, SD_BUS_ERROR_ACCESS_DENIED))
		say_error(look, sd_bus_message_get_error(reply), &look->err);
	else if (!sd_bus_message_is_method_error(reply, NULL) &&
		 !systemd_unit_read(reply, unit->id, look->is_user,
			 &look->programs->items[unit->program], &look->err))
		return 0;
	ask_more(look);
	return 0;
}

static int ask_unit(struct look *look, struct unit *unit)
{
	sd_bus_message *call = NULL;
	int result = new_call(look, unit->path, "org.freedesktop.DBus.Properties", "GetAll", &call);
	if (result >= 0)
		result = sd_bus_message_append(call, "s", "");
	if (result >= 0)
		result = sd_bus_call_async(look->bus, NULL, call, on_unit, unit, 0);
	sd_bus_message_unref(call);
	return result;
}

/* ---- all of it ---- */

static bool open_bus(struct look *look, struct err *err)
{
	int result = sd_bus_new(&look->bus);
	if (result >= 0)
		result = sd_bus_set_address(look->bus, look->address);
	if (result >= 0)
		result = sd_bus_set_bus_client(look->bus, true);
	if (result >= 0)
		result = sd_bus_start(look->bus);
	return result >= 0 || say_errno(look, -result, err);
}

static bool ask_all(struct look *look, struct err *err)
{
	take_wanted(look);
	if (look->wanted && !look->wanted_count)
		return true;
	if (!open_bus(look, err))
		return false;
	int result = ask_list(look);
	if (result < 0)
		return say_errno(look, -result, err);
	if (!wait_for_all(look, err))
		return false;
	ask_more(look);
	return wait_for_all(look, err);
}

static void release_look(struct look *look)
{
	sd_bus_close_unref(look->bus);
	for (size_t i = 0; i < look->count; i++) {
		free(look->units[i].id);
		free(look->units[i].path);
	}
	for (size_t i = 0; i < look->wanted_count; i++)
		free(look->wanted[i]);
	free(look->units);
	free((void *)look->wanted);
	free(look->wanted_as);
	free(look->address);
}

static bool list(const struct programs_question *question, struct programs *ret, struct err *err)
{
	struct programs found = {0};
	struct look look = {.question = question,
		.programs = &found,
		.limit = {.clock = clock_real(),
			.deadline_ms = clock_mono_ms(clock_real()) + question->timeout_ms,
			.stop_fd = question->stop_fd}};
	bool is_good = find_address(&look, err) && ask_all(&look, err);
	release_look(&look);
	if (!is_good) {
		programs_release(&found);
		return false;
	}
	programs_drop_stateless(&found);
	*ret = found;
	return true;
}

const struct supervisor_kind supervisor_systemd = {
	.name = "systemd",
	.help = "\"\": the system's bus; user: the bus of the own user's systemd; the path of a "
		"bus's "
		"socket, or unix:path=PATH",
	.list = list,
};

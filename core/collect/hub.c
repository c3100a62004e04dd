/* SPDX-License-Identifier: MIT */
#include "core/collect/hub.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/collect/places.h"
#include "core/collect/roster.h"
#include "core/collect/vault.h"
#include "core/collect/worker.h"
#include "core/conf/settings.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"

struct fleet {
	char *postgres, *query;
	struct msg_obs_fleet *rows;
};

/* What one supervisor told. */
struct told_logs {
	char *supervisor;
	struct bot_log *logs;
	size_t count;
};

struct hub_private {
	pthread_mutex_t lock;
	struct roster *roster;
	struct fleet *fleets;
	size_t fleet_count, fleet_capacity;
	struct told_logs *told;
	size_t told_count, told_capacity;
	struct worker **listeners;
	size_t listener_count, listener_capacity;
};

void hub_init(struct hub *hub, const struct clock *clock, struct mailbox *to_engine,
	struct settings *settings)
{
	*hub = (struct hub){.clock = clock,
		.to_engine = to_engine,
		.vault = vault_new(),
		.places = places_new()};
	hub->private = xcalloc(1, sizeof(*hub->private));
	pthread_mutex_init(&hub->private->lock, NULL);
	hub->private->roster = roster_new(settings, NULL, 0);
}

static void release_fleet(struct fleet *fleet)
{
	free(fleet->postgres);
	free(fleet->query);
	msg_free(MSG_obs_fleet, fleet->rows);
}

static void release_logs(struct told_logs *told)
{
	for (size_t i = 0; i < told->count; i++) {
		free(told->logs[i].bot);
		free(told->logs[i].path);
	}
	free(told->logs);
	told->logs = NULL;
	told->count = 0;
}

void hub_release(struct hub *hub)
{
	struct hub_private *private = hub->private;
	for (size_t i = 0; i < private->fleet_count; i++)
		release_fleet(&private->fleets[i]);
	free(private->fleets);
	for (size_t i = 0; i < private->told_count; i++) {
		release_logs(&private->told[i]);
		free(private->told[i].supervisor);
	}
	free(private->told);
	free(private->listeners);
	roster_unref(private->roster);
	pthread_mutex_destroy(&private->lock);
	free(private);
	vault_free(hub->vault);
	places_free(hub->places);
}

struct roster *hub_roster(struct hub *hub)
{
	pthread_mutex_lock(&hub->private->lock);
	struct roster *roster = roster_ref(hub->private->roster);
	pthread_mutex_unlock(&hub->private->lock);
	return roster;
}

static void send_roster(struct hub_private *private, struct worker *worker)
{
	struct order *order = xcalloc(1, sizeof(*order));
	order->kind = ORDER_ROSTER;
	order->roster = roster_ref(private->roster);
	worker_order(worker, order);
}

static bool is_entry(const struct conf_bots_from *from, const struct fleet *fleet)
{
	return strcmp(from->postgres, fleet->postgres) == 0 &&
	       strcmp(from->query, fleet->query) == 0;
}

static struct fleet *fleet_of(struct hub_private *private, const struct conf_bots_from *from)
{
	for (size_t i = 0; i < private->fleet_count; i++)
		if (is_entry(from, &private->fleets[i]))
			return &private->fleets[i];
	return NULL;
}

/* Those of supervisors that the settings still have. Locked. */
static void give_logs(struct hub_private *private, struct roster *roster)
{
	struct bot_log *all = NULL;
	size_t count = 0, capacity = 0;
	for (size_t i = 0; i < private->told_count; i++) {
		const struct told_logs *told = &private->told[i];
		if (!settings_supervisor(roster->settings, told->supervisor))
			continue;
		for (size_t j = 0; j < told->count; j++) {
			all = grow(all, count, &capacity, sizeof(*all));
			all[count++] = told->logs[j];
		}
	}
	roster_set_logs(roster, all, count);
	free(all);
}

/* Builds the roster of `settings` and the fleets known, and tells everybody. Locked. */
static void renew(struct hub_private *private, struct settings *settings)
{
	struct fleet_rows *rows = xcalloc(settings->bots_from_count + 1, sizeof(*rows));
	size_t count = 0;
	for (size_t i = 0; i < settings->bots_from_count; i++) {
		const struct fleet *fleet = fleet_of(private, &settings->bots_from[i]);
		if (fleet)
			rows[count++] = (struct fleet_rows){.from = i, .rows = fleet->rows};
	}
	struct roster *old = private->roster;
	private->roster = roster_new(settings, rows, count);
	give_logs(private, private->roster);
	roster_unref(old);
	free(rows);
	for (size_t i = 0; i < private->listener_count; i++)
		send_roster(private, private->listeners[i]);
}

void hub_settings(struct hub *hub, struct settings *settings)
{
	pthread_mutex_lock(&hub->private->lock);
	renew(hub->private, settings);
	pthread_mutex_unlock(&hub->private->lock);
}

void hub_fleet(
	struct hub *hub, const char *postgres, const char *query, const struct msg_obs_fleet *rows)
{
	struct hub_private *private = hub->private;
	const struct conf_bots_from key = {
		.postgres = (char *)(uintptr_t)postgres, .query = (char *)(uintptr_t)query};
	pthread_mutex_lock(&private->lock);
	struct fleet *fleet = fleet_of(private, &key);
	if (!fleet) {
		private->fleets = grow(private->fleets, private->fleet_count,
			&private->fleet_capacity, sizeof(*private->fleets));
		fleet = &private->fleets[private->fleet_count++];
		*fleet = (struct fleet){.postgres = xstrdup(postgres), .query = xstrdup(query)};
	}
	if (!fleet->rows || !msg_equal(MSG_obs_fleet, fleet->rows, rows, false)) {
		msg_free(MSG_obs_fleet, fleet->rows);
		fleet->rows = msg_copy(MSG_obs_fleet, rows);
		struct settings *settings = settings_ref(private->roster->settings);
		renew(private, settings);
		settings_unref(settings);
	}
	pthread_mutex_unlock(&private->lock);
}

static bool same_logs(const struct told_logs *told, const struct bot_log *logs, size_t count)
{
	if (told->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(told->logs[i].bot, logs[i].bot) != 0 ||
			strcmp(told->logs[i].path, logs[i].path) != 0)
			return false;
	return true;
}

static struct told_logs *logs_of(struct hub_private *private, const char *supervisor)
{
	for (size_t i = 0; i < private->told_count; i++)
		if (strcmp(private->told[i].supervisor, supervisor) == 0)
			return &private->told[i];
	private->told = grow(private->told, private->told_count, &private->told_capacity,
		sizeof(*private->told));
	struct told_logs *told = &private->told[private->told_count++];
	*told = (struct told_logs){.supervisor = xstrdup(supervisor)};
	return told;
}

void hub_logs(struct hub *hub, const char *supervisor, const struct bot_log *logs, size_t count)
{
	struct hub_private *private = hub->private;
	pthread_mutex_lock(&private->lock);
	struct told_logs *told = logs_of(private, supervisor);
	if (!same_logs(told, logs, count)) {
		release_logs(told);
		told->logs = xcalloc(count + 1, sizeof(*told->logs));
		for (; told->count < count; told->count++)
			told->logs[told->count] =
				(struct bot_log){.bot = xstrdup(logs[told->count].bot),
					.path = xstrdup(logs[told->count].path)};
		struct settings *settings = settings_ref(private->roster->settings);
		renew(private, settings);
		settings_unref(settings);
	}
	pthread_mutex_unlock(&private->lock);
}

void hub_listen(struct hub *hub, struct worker *worker)
{
	struct hub_private *private = hub->private;
	pthread_mutex_lock(&private->lock);
	private->listeners = grow(private->listeners, private->listener_count,
		&private->listener_capacity, sizeof(struct worker *));
	private->listeners[private->listener_count++] = worker;
	send_roster(private, worker);
	pthread_mutex_unlock(&private->lock);
}

void hub_unlisten(struct hub *hub, struct worker *worker)
{
	struct hub_private *private = hub->private;
	pthread_mutex_lock(&private->lock);
	for (size_t i = 0; i < private->listener_count; i++)
		if (private->listeners[i] == worker)
	private->listeners[i--] = private->listeners[--private->listener_count];
	pthread_mutex_unlock(&private->lock);
}

void hub_tell(struct hub *hub, enum order_kind kind, const char *bot)
{
	struct hub_private *private = hub->private;
	pthread_mutex_lock(&private->lock);
	for (size_t i = 0; i < private->listener_count; i++) {
		struct order *order = xcalloc(1, sizeof(*order));
		order->kind = kind;
		order->bot = xstrdup(bot);
		worker_order(private->listeners[i], order);
	}
	pthread_mutex_unlock(&private->lock);
}

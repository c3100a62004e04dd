/* SPDX-License-Identifier: MIT */
#include "core/engine/reload.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/events/directory.h"
#include "core/alert/alert.h"
#include "core/act/act.h"
#include "core/collect/collect.h"
#include "core/engine/black_box.h"
#include "core/engine/folder.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"
#include "core/engine/judge.h"
#include "core/engine/peer.h"
#include "core/engine/query_pool.h"
#include "core/engine/requests.h"
#include "core/engine/roster.h"
#include "core/engine/rules.h"
#include "core/engine/server.h"
#include "core/engine/tell.h"
#include "core/engine/tidy.h"

/* An engine is its state directory: another one is another engine. */
static bool is_same_engine(const struct settings *old, const struct settings *new, struct err *err)
{
	if (strcmp(old->state_dir, new->state_dir) != 0 ||
		strcmp(old->socket_path, new->socket_path) != 0)
		return err_set(err, ERR_CONFLICT,
			"'%s' names another state directory: stop the engine and start it again",
			new->path);
	return true;
}

/* Where /metrics is served may have changed; one that cannot be opened is said, the rest stands. */
static void export_again(struct engine *engine)
{
	struct err err = {.code = ERR_NONE};
	if (engine_export(engine, &err))
		return;
	journal_say(engine->book, LOG_LEVEL_WARN, "%s", err.text);
}

void reload_incomplete(struct engine *engine, const struct err *err)
{
	autofree char *text = xasprintf("%s: reload once it can", err->text);
	copy_text(engine->config_error, sizeof(engine->config_error), text);
	journal_say(engine->book, LOG_LEVEL_ERROR, "%s", text);
}

/* Who may attach. False: nobody but our own user and root from now on. */
static bool open_door_to(struct engine *engine, const struct settings *old,
	const struct folder_group *group, struct err *err)
{
	if (strcmp(old->socket_group, group->name) == 0)
		return true;
	pasts_end_guests(&engine->pasts);
	return server_open_to(engine->server, group, err);
}

/* `ret_lack`: which source cannot be started now, or why others cannot attach. */
static void adopt(struct engine *engine, struct settings *settings,
	const struct folder_group *group, struct err *ret_lack)
{
	struct err door = {.code = ERR_NONE};
	struct settings *old = engine->settings;
	engine->settings = settings;
	judge_configure(engine);
	roster_apply(engine);
	event_directory_set_budget(engine->events, settings->event_bytes);
	alerts_reload(engine->alerts, settings);
	act_reload(engine->act, settings);
	tell_reload(engine);
	bool is_whole UNUSED =
		!engine->collect || collect_reload(engine->collect, settings, ret_lack);
	if (strcmp(old->http_listen, settings->http_listen) != 0)
		export_again(engine);
	black_box_reload(engine, old->record_bytes);
	if (!open_door_to(engine, old, group, &door))
		*ret_lack = door;
	settings_unref(old);
}

enum { RELOADS_MAX = 16 }; /* under way */

struct reload_job {
	struct query query;
	struct mailbox *to_engine;
	char *path;
	struct operator who; /* client 0: a signal, nobody waits for an answer */
	uint64_t req;
	bool listens;
	struct settings *settings;
	struct rule_book *rules; /* what its rule files say; NULL: somebody took it */
	gid_t gid;               /* of its socket_group, if it has one */
	struct err err;
};

static void release_job(struct query *query)
{
	struct reload_job *job = (struct reload_job *)query;
	settings_unref(job->settings);
	rules_book_free(job->rules);
	free(job->path);
	free(job);
}

/* Here, since a directory service may be slow. */
static bool find_group(struct reload_job *job)
{
	const char *group = job->settings->socket_group;
	return !job->listens || !*group || folder_find_group(group, &job->gid, &job->err);
}

static void work(struct query *query)
{
	struct reload_job *job = (struct reload_job *)query;
	struct msg_answer *answer = msg_new(MSG_answer);
	if (!settings_load(job->path, &job->settings, NULL, &job->err))
		job->settings = NULL;
	if (job->settings && !find_group(job)) {
		settings_unref(job->settings);
		job->settings = NULL;
	}
	if (job->settings)
		job->rules = rules_read(job->settings);
	answer->req = job->req;
	query_post(query, job->to_engine, MSG_answer, answer);
}

static const char busy[] = "the engine is too busy to read the configuration: try again";

static bool begin(struct engine *engine, const struct operator* who, uint64_t req)
{
	if (engine->reloads == RELOADS_MAX) {
		copy_text(engine->config_error, sizeof(engine->config_error), busy);
		return false;
	}
	struct reload_job *job = xcalloc(1, sizeof(*job));
	query_init(&job->query, work, release_job);
	job->to_engine = engine->mailbox;
	job->path = xstrdup(engine->settings->path);
	job->who = *who;
	job->req = req;
	job->listens = engine->options.listen;
	bool good = query_pool_add(engine->pool, &job->query);
	if (good) {
		engine->reloads++;
		systemd_reloading(engine);
	} else {
		copy_text(engine->config_error, sizeof(engine->config_error), busy);
	}
	query_unref(&job->query);
	return good;
}

void reload_begin(struct engine *engine)
{
	const struct operator signal = {.name = "SIGHUP", .uid = geteuid()};
	bool ignored UNUSED = begin(engine, &signal, 0);
}

static void answer(struct engine *engine, struct peer *peer, uint64_t req, enum err_code code,
	const char *sentence)
{
	size_t from = peer->out.length;
	autofree char *text = xstrdup(sentence);
	const struct msg_answer reply = {.req = req, .code = code, .text = text};
	peer_send(peer, MSG_answer, &reply);
	requests_answered(engine, peer, req, code);
	peer_remember(peer, req, from);
}

void reload_request(struct engine *engine, struct peer *peer, const void *body)
{
	const struct msg_reload_req *request = body;
	if (begin(engine, &peer->who, request->req))
		return;
	answer(engine, peer, request->req, ERR_LIMIT, busy);
}

void reload_deliver(struct engine *engine, struct parcel *parcel)
{
	struct reload_job *job = parcel->attachment;
	if (!job)
		return;
	engine->reloads--;
	tidy_soon(engine);
	bool is_taken = job->settings && is_same_engine(engine->settings, job->settings, &job->err);
	if (is_taken) {
		job->err = (struct err){.code = ERR_NONE};
		const struct folder_group group = {
			.name = job->settings->socket_group, .id = job->gid};
		adopt(engine, settings_ref(job->settings), &group, &job->err);
		rules_adopt(engine->rules, job->rules);
		job->rules = NULL;
		journal_say(engine->book, LOG_LEVEL_INFO, "the configuration was read again");
		act_record(engine->act, &job->who, "reload", engine->settings->path, "read again");
	} else {
		journal_say(
			engine->book, LOG_LEVEL_WARN, "the configuration stays: %s", job->err.text);
		act_record(engine->act, &job->who, "reload", engine->settings->path, job->err.text);
	}
	copy_text(engine->config_error, sizeof(engine->config_error),
		job->err.code ? job->err.text : "");
	if (is_taken && job->err.code)
		reload_incomplete(engine, &job->err);
	systemd_reloaded(engine);
	struct peer *peer = server_peer(engine->server, job->who.client);
	if (peer)
		answer(engine, peer, job->req, job->err.code,
			job->err.code ? job->err.text : "the configuration was read again");
}

/* SPDX-License-Identifier: MIT */
#include "core/engine/black_box.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/own_limits.h"
#include "core/base/reap.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/internal.h"
#include "core/engine/pasts.h"
#include "core/engine/peer.h"
#include "core/engine/record.h"
#include "core/engine/recorder.h"
#include "core/engine/sources.h"
#include "core/model/verdict.h"

extern char **environ;

/* By name; or on its own, if it is a service that keeps a state directory. The caller frees the path. */
static char *path_of(const struct engine *engine, bool *ret_rolls)
{
	bool is_service = engine->options.listen && !engine->options.own;
	*ret_rolls = !engine->options.record;
	if (engine->options.record)
		return xstrdup(engine->options.record);
	if (is_service && engine->settings->record_bytes)
		return xasprintf("%s/recording", engine->settings->state_dir);
	return NULL;
}

bool black_box_begin(struct engine *engine, struct err *err)
{
	struct record_options options = {.budget = engine->settings->record_bytes,
		.environment = engine->settings->environment,
		.started_ms = engine->started_ms};
	autofree char *path = path_of(engine, &options.rolls);
	options.path = path;
	if (!path)
		return true;
	if (options.budget == 0)
		options.budget = RECORD_FILE_BYTES;
	engine->record_limit_bytes = options.budget;
	if (recorder_open(&options, &engine->recorder, err))
		return true;
	copy_text(engine->record_error, sizeof(engine->record_error), err->text);
	return options.rolls;
}

/* Lines that were stored before there was a recorder would be missing, so none is begun under way. */
void black_box_reload(struct engine *engine, uint64_t before)
{
	static const char later[] =
		"recording: {disk: ...} was 0 when the engine started: recording begins when it "
		"is started again";
	uint64_t bytes = engine->settings->record_bytes;
	if (bytes == before)
		return;
	if (engine->recorder && (bytes || engine->options.record)) {
		engine->record_limit_bytes = bytes ? bytes : RECORD_FILE_BYTES;
		recorder_set_budget(engine->recorder, engine->record_limit_bytes);
		return;
	}
	recorder_leave(engine->recorder);
	engine->recorder = NULL;
	bool is_service = engine->options.listen && !engine->options.own;
	engine->record_limit_bytes = 0;
	copy_text(engine->record_error, sizeof(engine->record_error),
		bytes && is_service ? later : "");
	if (!engine->record_error[0])
		(void)model_remove(
			engine->model, MSG_service, source_id("service", "engine", "recording"));
}

void black_box_turn(struct engine *engine)
{
	if (engine->recorder)
		recorder_turn(engine->recorder, engine->model, engine->redactor, now_wall(engine),
			now_mono(engine));
}

void black_box_fill(const struct engine *engine, struct msg_engine *entity)
{
	struct record_figures figures = {.bytes = 0};
	uint64_t before = entity->recording_dropped;
	if (engine->recorder) {
		recorder_figures(engine->recorder, &figures);
		entity->recording_dropped = recorder_dropped(engine->recorder);
	}
	(void)msg_set(&entity->recording, engine->recorder ? recorder_path(engine->recorder) : "");
	entity->recording_limit_bytes = engine->recorder ? engine->record_limit_bytes : 0;
	if (entity->recording_dropped > before)
		entity->recording_drop_at_ms = now_wall(engine);
	entity->recording_from_ms = figures.from_ms;
	entity->recording_bytes = figures.bytes;
	(void)msg_set(
		&entity->recording_error, engine->recorder ? figures.error : engine->record_error);
}

void black_box_show(struct engine *engine, const struct msg_engine *entity)
{
	if (!engine->recorder && !engine->record_error[0])
		return;
	struct msg_service *service = service_draft(engine, "engine", "recording");
	if (!service->at_ms || service->used_bytes != entity->recording_bytes)
		service->at_ms = now_wall(engine);
	service->used_bytes = entity->recording_bytes;
	service->max_bytes = entity->recording_limit_bytes;
	verdict_recording(service, entity, now_wall(engine));
}

/* ---- the way back ---- */

static bool may_go_back(const struct engine *engine, struct err *err)
{
	struct record_figures figures = {.bytes = 0};
	if (engine->recorder)
		recorder_figures(engine->recorder, &figures);
	if (engine->record_error[0])
		return err_set(err, ERR_UNREACHABLE, "there is no recording to go back in: %s",
			engine->record_error);
	if (!engine->recorder)
		return err_set(err, ERR_NOT_FOUND,
			"this engine records nothing: run it as a service (`botswain serve`), or "
			"start it with --record FILE");
	if (!figures.from_ms)
		return err_set(err, ERR_UNREACHABLE, "nothing was recorded yet%s%s",
			figures.error[0] ? ": " : ", try again in a moment", figures.error);
	return true;
}

/* Our own program, also when another was installed over it since. `small`: it may take less. */
static bool spawn_replay(const char *recording, int socket, bool small, pid_t *ret_pid)
{
	autofree char *path = xstrdup(recording);
	char name[] = "botswaind", replay[] = "--replay", fd[] = "--client-fd", number[] = "3";
	char known[] = "--known", small_word[] = "--small";
	char *const words[] = {
		name, replay, path, known, fd, number, small ? small_word : NULL, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, socket, 3);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(
		&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int error = posix_spawn(ret_pid, "/proc/self/exe", &files, &attributes, words, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	if (error == 0)
		own_limits_not_for(*ret_pid);
	errno = error;
	return error == 0;
}

bool black_box_open_past(struct engine *engine, struct peer *peer, struct err *err)
{
	pid_t pid = 0;
	if (!may_go_back(engine, err) || !pasts_permit(&engine->pasts, peer, now_mono(engine), err))
		return false;
	if (!spawn_replay(recorder_path(engine->recorder), peer->fd, !peer->may_act, &pid))
		return err_errno(err, errno, "cannot start a replay");
	int pidfd = pidfd_open(pid, 0), failure = errno;
	if (pidfd < 0)
		kill(pid, SIGKILL);
	(void)reap_child(pid, -1, 0, NULL);
	if (pidfd < 0)
		return err_errno(err, failure, "cannot watch a replay");
	pasts_add(&engine->pasts, peer, pidfd, now_mono(engine));
	return true;
}

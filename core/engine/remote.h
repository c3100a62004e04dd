/* SPDX-License-Identifier: MIT */
/*
 * Query windows that the Prometheus of the settings answers: the request is sent when the job begins
 * (core/collect/prometheus.h), the job waits without a thread, and its one slice reads what came. Who asks says so when it
 * wants the engine's own store all the same.
 */
#ifndef BOTSWAIN_ENGINE_REMOTE_H
#define BOTSWAIN_ENGINE_REMOTE_H

#include <stdbool.h>
#include "core/base/attr.h"

struct engine;
struct err;
struct msg_win_open;
struct msg_win_points;
struct query_span;
struct window_job;

/* Engine thread. */
bool remote_answers(const struct engine *engine, const struct msg_win_open *request);
/* Engine thread: sends it; the job waits from then on, and owns what remote_release() frees. */
bool remote_begin(struct engine *engine, const struct query_span *span, struct window_job *job,
	struct err *err) MUST_CHECK;
/* Pool thread: as query_answer(). */
void remote_answer(struct window_job *job, struct msg_win_points *reply);
/* Legal for a job of the own store. Any thread. */
void remote_release(struct window_job *job);

#endif

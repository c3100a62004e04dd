/* SPDX-License-Identifier: MIT */
/*
 * Windows on names that the Prometheus of the settings answers (remote.h): labels, and label/NAME/values, of the last day, of the
 * series of a selector where one is given. Whole lists are kept for some seconds (name_cache.h), and what is typed is looked for in
 * them; of what is too long to be kept the server is asked for the part that was typed.
 */
#ifndef BOTSWAIN_ENGINE_REMOTE_NAMES_H
#define BOTSWAIN_ENGINE_REMOTE_NAMES_H

#include <stdbool.h>
#include "core/base/attr.h"

struct engine;
struct err;
struct msg_win_open;
struct name_list;
struct window_job;

/* The label whose values a window wants, "": the names of labels; and what they must hold. */
const char *names_label(const struct msg_win_open *request);
const char *names_part(const struct msg_win_open *request);

/* Engine thread: has the list, or asks for it and waits; the job owns what remote_names_release() frees. */
bool remote_names_begin(struct engine *engine, struct window_job *job, struct err *err) MUST_CHECK;
/* Pool thread: the list, valid as the job is, and who spoke; NULL: `ret_error`, which the caller frees, says why there is
 * none. */
const struct name_list *remote_names_read(
	struct window_job *job, const char **ret_source, char **ret_error) MUST_CHECK;
/* Legal for a job of the own store. Any thread. */
void remote_names_release(struct window_job *job);

#endif

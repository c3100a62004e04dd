/* SPDX-License-Identifier: MIT */
/* Whether two parts of two configurations say the same: what did not change keeps its connection
 * and its place over a reload. Where a thing stands in the file does not count. Pure. */
#ifndef BOTSWAIN_COLLECT_SAME_H
#define BOTSWAIN_COLLECT_SAME_H

#include <stdbool.h>
#include <stddef.h>

struct argv;
struct conf_postgres;
struct conf_prometheus;
struct conf_redis;
struct conf_supervisor;
struct process_ref;
struct secret_ref;

bool same_argv(const struct argv *one, const struct argv *other);
bool same_secret(const struct secret_ref *one, const struct secret_ref *other);
bool same_process(const struct process_ref *one, const struct process_ref *other);
bool same_supervisor(const struct conf_supervisor *one, const struct conf_supervisor *other);
bool same_redis(const struct conf_redis *one, const struct conf_redis *other);
bool same_prometheus(const struct conf_prometheus *one, const struct conf_prometheus *other);
bool same_postgres(const struct conf_postgres *one, const struct conf_postgres *other);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A list of targets as Prometheus' file_sd_configs reads it, JSON or YAML:
 *   [{"targets": ["10.0.0.1:9100"], "labels": {"zone": "eu"}}]
 * Labels whose name begins with __ are for Prometheus itself and left out. All of a list or nothing of it is taken. Constant
 * once it is read; any thread.
 */
#ifndef BOTSWAIN_CONF_TARGETS_H
#define BOTSWAIN_CONF_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct err;
struct targets;

enum {
	TARGETS_BYTES_MAX = 1 << 20,
	TARGETS_MAX = 4096,
	TARGET_LABELS_MAX = 16,
	TARGET_ADDRESS_MAX = 255, /* bytes */
	TARGET_LABEL_MAX = 150,
};

struct target {
	const char *address; /* HOST[:PORT] */
	char *const *labels; /* name=value */
	size_t label_count;
	const char *labels_text; /* all of them, to compare */
};

/* `path` names the text in errors: PATH:LINE:COLUMN: what. */
MUST_CHECK bool targets_parse(
	const char *path, const char *text, size_t length, struct targets **ret, struct err *err);
/* Reads the file, at most TARGETS_BYTES_MAX of it. */
MUST_CHECK bool targets_read(const char *path, struct targets **ret, struct err *err);
const struct target *targets_list(const struct targets *targets, size_t *ret_count);
void targets_free(struct targets *targets); /* NULL is legal */

/* A URL with {target} in place of its host. */
bool url_is_of_targets(const char *url);
/* The same with an address there; the caller frees it. */
char *url_of_target(const char *url, const char *address) MUST_CHECK;

#endif

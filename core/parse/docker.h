/* SPDX-License-Identifier: MIT */
/*
 * Answers of the Docker Engine API (v1.41 and later), also as Podman gives them: GET
 * /containers/json and /containers/ID/json. What is absent or makes no sense is unknown; only what
 * is no such answer at all is an error. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_DOCKER_H
#define BOTSWAIN_PARSE_DOCKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"

enum { DOCKER_ID_BYTES = 64 };

/* Which containers there are. */
struct docker_list {
	char (*ids)[DOCKER_ID_BYTES + 1]; /* lower-case hexadecimal, nothing else */
	size_t count;
};

/* At most `max` containers, ERR_LIMIT above that. */
MUST_CHECK bool docker_read_list(
	const char *body, size_t length, size_t max, struct docker_list *ret, struct err *err);
void docker_list_release(struct docker_list *list);

/* Texts as they came, never NULL, "" when absent. */
struct docker_container {
	char *id;      /* lower-case hexadecimal, or "" */
	char *name;    /* without the slash before it */
	char *status;  /* created running paused restarting removing exited dead */
	char *error;   /* why it could not be started */
	char *policy;  /* no always unless-stopped on-failure */
	char *command; /* argv, joined by blanks */
	char *directory;
	char *log_driver, *log_path;
	int32_t pid;                     /* 0: none */
	int64_t started_ms, finished_ms; /* wall, 0 unknown */
	int64_t restarts, restarts_max;  /* -1 unknown; 0 no limit */
	int exit_code;                   /* 0-255, -1 unknown */
	bool is_oom;
	bool has_tty; /* its log comes as it is, without frames */
};

/* A variable of its environment, KEY=value; wiped after the call. */
typedef void docker_variable(void *context, const char *variable, size_t length);

MUST_CHECK bool docker_read_container(const char *body, size_t length, docker_variable *each,
	void *context, struct docker_container *ret, struct err *err);
void docker_container_release(struct docker_container *container);

/* The sentence of an error answer, sanitised and short; empty when there is none. */
void docker_read_message(const char *body, size_t length, struct str *ret);

#endif

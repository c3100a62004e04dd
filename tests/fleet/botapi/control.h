/* SPDX-License-Identifier: MIT */
/*
 * The control endpoint, on a port of its own and for loopback alone: tests and the script of
 * trouble make bots, play users, set faults and look inside. Bodies are JSON objects; answers are
 * {"ok":true,"result":...} or
 * {"ok":false,"description":"..."}. tests/fleet/README.md lists the routes.
 */
#ifndef BOTSWAIN_BOTAPI_CONTROL_H
#define BOTSWAIN_BOTAPI_CONTROL_H

#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct api;
struct request;

void control_handle(void *api, struct request *request);
/* Adds the bots of a file: one JSON object {"name","token","title"} a line. */
MUST_CHECK bool control_load_bots(struct api *api, const char *path, struct err *err);

#endif

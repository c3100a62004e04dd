/* SPDX-License-Identifier: MIT */
/* The routes of the control endpoint, for the files that hold them. */
#ifndef BOTSWAIN_BOTAPI_ROUTES_H
#define BOTSWAIN_BOTAPI_ROUTES_H

#include <jansson.h>
#include <stddef.h>

#include "core/base/err.h"

struct api;
struct bot;

/* Each returns its result, which the caller owns, or NULL with `err`. */
#define ROUTE(path, name) json_t *route_##name(struct api *api, json_t *body, struct err *err);
#include "tests/fleet/botapi/routes.def"
#undef ROUTE

/* Members of a body: NULL or `missing` when they are absent or of another type. */
const char *body_text(const json_t *body, const char *key);
double body_number(const json_t *body, const char *key, double missing);
/* A number that counts: never negative, and bounded. */
size_t body_count(const json_t *body, const char *key, size_t missing);
/* The bot that "bot" names; NULL with `err`. */
struct bot *body_bot(struct api *api, const json_t *body, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/* The people who use the bots: an id always has the same name. Pure. */
#ifndef BOTSWAIN_BOTAPI_PEOPLE_H
#define BOTSWAIN_BOTAPI_PEOPLE_H

#include <jansson.h>
#include <stdint.h>

const char *person_name(int64_t id);
/* A User object. */
json_t *person_json(int64_t id);

#endif

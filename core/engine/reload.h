/* SPDX-License-Identifier: MIT */
/* Reading the configuration again: all or nothing. Engine thread. */
#ifndef BOTSWAIN_ENGINE_RELOAD_H
#define BOTSWAIN_ENGINE_RELOAD_H

#include <stdbool.h>
#include "core/base/attr.h"

struct engine;
struct err;

/* False: nothing changed, `err` says why, and so does engine.config_error until a reload succeeds. */
bool engine_reload(struct engine *engine, struct err *err);

#endif

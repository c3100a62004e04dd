/* SPDX-License-Identifier: MIT */
/* Log files that an engine shows where they lie, for the client that named them (`botswain logs FILE...`). Engine thread. */
#ifndef BOTSWAIN_ENGINE_LOG_FILES_H
#define BOTSWAIN_ENGINE_LOG_FILES_H

#include <stdbool.h>
#include "core/base/attr.h"

struct engine;
struct err;

/* Opens those of the engine's options, as they are now. False: one cannot be read. */
MUST_CHECK bool log_files_open(struct engine *engine, struct err *err);

#endif

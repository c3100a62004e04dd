/* SPDX-License-Identifier: MIT */
/* The picture that pause holds. */
#ifndef BOTSWAIN_TUI_SNAPSHOT_H
#define BOTSWAIN_TUI_SNAPSHOT_H

#include "core/base/attr.h"

struct model;

/* A model with copies of all entities. */
struct model *model_snapshot(const struct model *model) MUST_CHECK;

#endif

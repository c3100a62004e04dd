/* SPDX-License-Identifier: MIT */
/* Screens of rows: botswain on the engine of the run, in a terminal. */
#ifndef BOTSWAIN_TESTS_FAULTS_SCREENS_H
#define BOTSWAIN_TESTS_FAULTS_SCREENS_H

#include <stdbool.h>
#include "core/base/attr.h"

struct faults;
struct vt;

/* Opened and showing the fleet; NULL: it does not come. */
struct vt *screen_open(const struct faults *run, int rows, int columns) MUST_CHECK;
/* Lines, echo, a cursor, not the other screen: a shell can go on. */
bool screen_left_right(struct vt *vt);

#endif

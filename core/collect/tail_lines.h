/* SPDX-License-Identifier: MIT */
/* What tail.c does with the lines of a file that stay where they lie. */
#ifndef BOTSWAIN_COLLECT_TAIL_LINES_H
#define BOTSWAIN_COLLECT_TAIL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct open_file;
struct tail;
struct tail_file;

enum { TAIL_READ_BYTES = 64 << 10 };

/* The file, for who asks for lines where they lie; NULL: there is no descriptor for it. */
struct open_file *tail_open_of(struct tail_file *file);
/* What waits from the start of a line on up to `size` stays there, if it is much. False: nothing does. */
MUST_CHECK bool tail_take_in_place(struct tail *tail, struct tail_file *file, off_t size);
/* Its bytes are gone; or they are in a copy, at the same places. */
void tail_forget_in_place(struct tail_file *file);
void tail_move_in_place(struct tail_file *file, struct tail_file *copy);

#endif

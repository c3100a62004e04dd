/* SPDX-License-Identifier: MIT */
/*
 * A log file that is open for whoever reads it where it lies: one descriptor, shared by all streams of
 * lines in it. Reference counted; any thread.
 */
#ifndef BOTSWAIN_EVENTS_OPEN_FILE_H
#define BOTSWAIN_EVENTS_OPEN_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include "core/base/attr.h"

struct open_file {
	int fd;              /* readable and regular */
	atomic_bool is_over; /* nobody is to ask for its lines any more */
	bool is_nameless;    /* it never had a name, which is no reason to let go of it */
	atomic_size_t users; /* private */
};

/* Closes the descriptor with the last reference. */
struct open_file *open_file_new(int fd) MUST_CHECK;
struct open_file *open_file_ref(struct open_file *file);
void open_file_unref(struct open_file *file); /* NULL is legal */
/* Somebody else has a reference, too. */
MUST_CHECK bool open_file_is_shared(const struct open_file *file);
/* From now on its bytes are read from a copy, which has the same ones at the same places. The descriptor is
 * borrowed. False: there is none to be had. */
MUST_CHECK bool open_file_move(struct open_file *file, int fd);

#endif

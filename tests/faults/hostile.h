/* SPDX-License-Identifier: MIT */
/* The one who does not behave: a process that goes through these manners without end. */
#ifndef BOTSWAIN_TESTS_HOSTILE_H
#define BOTSWAIN_TESTS_HOSTILE_H

#include <stdint.h>
#include "core/base/attr.h"

struct faults;
struct hostile;

enum hostile_manner {
	HOSTILE_FLOOD,   /* requests without end, and reads no answer */
	HOSTILE_HUGE,    /* a frame of 2 GB is announced */
	HOSTILE_HALF,    /* half a frame, and then nothing */
	HOSTILE_DEAF,    /* wants everything, and reads nothing */
	HOSTILE_GARBAGE, /* bytes of chance */
	HOSTILE_CHURN,   /* opens and closes */
	HOSTILE_SILENT,  /* takes every place, and says nothing */
	HOSTILE_MANNERS,
};

struct hostile *hostile_start(const struct faults *run) MUST_CHECK;
void hostile_stop(struct hostile *hostile);
void hostile_pause(struct hostile *hostile);
void hostile_go_on(struct hostile *hostile);

/* Behaves so in this process until it is dropped: after how many ms, -1: it was not within the time. */
int64_t hostile_behave(const char *socket_path, enum hostile_manner manner, int64_t limit_ms);
const char *hostile_word(enum hostile_manner manner);

#endif

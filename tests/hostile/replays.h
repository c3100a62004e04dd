/* SPDX-License-Identifier: MIT */
/* A recording that somebody else has made: it may hold anything. */
#ifndef BOTSWAIN_TESTS_HOSTILE_REPLAYS_H
#define BOTSWAIN_TESTS_HOSTILE_REPLAYS_H

/* Of cmocka; needs a folder. */
void what_a_recording_of_others_holds_is_made_safe(void **state);

#endif

/* SPDX-License-Identifier: MIT */
/* What happens to the servers of exporter_scene.h, round by round, so that public rules have something to fire for. */
#ifndef BOTSWAIN_TESTS_SERVER_TROUBLES_H
#define BOTSWAIN_TESTS_SERVER_TROUBLES_H

enum { TROUBLES = 11 /* rounds */ };

/* Before our sources begin: sizes of indexes are asked for seldom. */
void troubles_begin(void);
void troubles_happen(unsigned round);
/* What is done in every round. */
void troubles_trade(void);
void troubles_end(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The other programs of a bench, which are this one with another first word, so that what they take is not counted with
 * anybody: --feed beats for bots, --flood appends lines, --burn keeps a processor busy, --crowd is there, --pages serves
 * metrics (metrics_peer.h). They die with the bench.
 */
#ifndef BOTSWAIN_TESTS_BENCH_SIDE_H
#define BOTSWAIN_TESTS_BENCH_SIDE_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/base/attr.h"

/* True when these are the words of one of them: it has run, with *ret_status. */
bool side_main(int argc, char **argv, int *ret_status);

/* Heartbeats of the `bots` bots of a scene (hb:NAME) on a Redis' socket, each once a second, of more than 1,000 bots 1,000 a
 * second in turn. They move: their figures change, and there is one event a second; or they stand. */
pid_t side_feed(const char *redis_socket, int bots, bool moves) MUST_CHECK;
/* Appends `lines` lines a second to a file. */
pid_t side_flood(const char *path, int lines) MUST_CHECK;
/* The same with lines of log_gen.h, which cost less to make. */
pid_t side_torrent(const char *path, int lines, bool is_json) MUST_CHECK;
/* So many entries a second of six fields in the stream events:bench. */
pid_t side_entries(const char *redis_socket, int entries) MUST_CHECK;
pid_t side_burn(void) MUST_CHECK;
/* So many processes that do nothing, and end with it. */
pid_t side_crowd(int count) MUST_CHECK;
/* --index FILE: indexes it, and says how many lines it has. */
int log_index_main(const char *path);
/* Ends one of them; legal for 0. */
void side_end(pid_t *pid);

#endif

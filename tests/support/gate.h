/* SPDX-License-Identifier: MIT */
/*
 * A disk that does not answer, for the files NAME.part of this process: a call on one of them waits
 * until it is let through; and for the closing of a file NAME.dump. A program that uses this has the
 * calls write, fsync, flock, renameat2, unlink and close go through it.
 */
#ifndef BOTSWAIN_TESTS_GATE_H
#define BOTSWAIN_TESTS_GATE_H

/* From now on this call waits: one of "write", "fsync", "flock", "renameat2", "unlink",
 * "close". */
void gate_shut(const char *call);
/* Until somebody waits at it. Any failure of this ends the program. */
void gate_await(void);
/* Lets through who waits, and everybody after. */
void gate_open(void);
/* unlink() calls of this process so far that are done; and until there are more of them than
 * that. */
unsigned gate_unlinks(void);
void gate_await_unlink(unsigned more_than);

#endif

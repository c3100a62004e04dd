/* SPDX-License-Identifier: MIT */
/*
 * What the shim (LD_PRELOAD) and its harness share: a file that both have mapped. The shim counts the calls of one class in the
 * programs that it is told of, notes from where in the code they came, and lets one fail, or that one and all that follow.
 *
 * A place is a hash of the first return addresses on the stack as module and offset, so it is the same in every run, whatever
 * thread comes first. Found by looking at the words of the stack that point behind a call, so what an earlier frame left there
 * makes two places of one now and then.
 *
 * TORTURE_CONTROL=file, TORTURE_WHO=name of the program (`botswain+`: the process that it forks, `botswain-`: only the one
 * that was started), TORTURE_CLASS=one of torture_classes, TORTURE_ERROR=number of errno (0: a short write), TORTURE_AT=n-th
 * call, or TORTURE_PLACE=hash and TORTURE_HIT=n-th time there, TORTURE_ON=1: and all that follow, TORTURE_NOTE=1: fills places[].
 */
#ifndef BOTSWAIN_TESTS_TORTURE_H
#define BOTSWAIN_TESTS_TORTURE_H

#include <stdatomic.h>
#include <stdint.h>

enum {
	TORTURE_PLACES = 1 << 15,
	TORTURE_FRAMES = 24,
	TORTURE_KEY_FRAMES = 6,
};

/* What can fail. I/O is told apart by what stands behind the descriptor; standard error never fails. */
enum torture_class {
	TORTURE_MEMORY, /* malloc, calloc, realloc, memalign, mmap, the thread that is no more to be had */
	TORTURE_FILE, /* write, pwrite, writev, fsync, fdatasync, ftruncate of a file; rename, open(O_CREAT), mkdir */
	TORTURE_SOCKET, /* write, writev, send, sendto, sendmsg */
	TORTURE_TTY,    /* write, writev */
	TORTURE_PIPE,   /* write, writev */
	TORTURE_FD,     /* open, socket, accept, pipe, eventfd, epoll, timerfd, inotify, dup */
	TORTURE_CHILD,  /* pthread_create, fork, posix_spawn */
	TORTURE_CLASSES
};

static const char *const torture_classes[TORTURE_CLASSES] = {
	"memory", "file", "socket", "tty", "pipe", "fd", "child"};

struct torture_place {
	_Atomic uint64_t key; /* 0: free */
	atomic_uint hits;
	uint64_t frames[TORTURE_KEY_FRAMES]; /* module << 40 | offset; of the first hit */
	char call[16];
};

struct torture {
	atomic_ulong calls;
	atomic_uint failed;    /* so many were let fail */
	atomic_uint processes; /* so many took part */
	char call[16];         /* the first that failed, and from where */
	uint64_t frames[TORTURE_FRAMES];
	char modules[64][128];
	struct torture_place places[TORTURE_PLACES];
};

#endif

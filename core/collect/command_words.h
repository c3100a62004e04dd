/* SPDX-License-Identifier: MIT */
/*
 * A command line without what its options call a secret: `--db-password hunter2`, `--pass=x`,
 * `TOKEN=x`. Redaction by shape (core/base/redact.h) sees a line and not which words are one
 * argument; this sees the arguments. What no name gives away (`-p hunter2`) cannot be told. Any
 * thread.
 */
#ifndef BOTSWAIN_COLLECT_COMMAND_WORDS_H
#define BOTSWAIN_COLLECT_COMMAND_WORDS_H

#include <stddef.h>

struct str;

/* Appends the arguments (of /proc/PID/cmdline: each ends with a NUL, the last may lack it) with
 * blanks between them, each secret as REDACTED. A value that is a file, seen from `folder` ("":
 * unknown), is kept: a path is no password. Redacting by shape comes on top of it, and is done. */
void command_words(struct str *to, const char *arguments, size_t length, const char *folder);

#endif

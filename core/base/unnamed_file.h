/* SPDX-License-Identifier: MIT */
/* A file for what is too much for memory: in $TMPDIR, else /tmp, without a name, gone with its last descriptor. Any thread. */
#ifndef BOTSWAIN_BASE_UNNAMED_FILE_H
#define BOTSWAIN_BASE_UNNAMED_FILE_H

struct err;

/* Its folder. */
const char *unnamed_file_folder(void);
/* A descriptor; -1: none, `err` says why. */
int unnamed_file(struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/* What the helpers that start servers share. */
#ifndef BOTSWAIN_TESTS_SERVERS_INTERNAL_H
#define BOTSWAIN_TESTS_SERVERS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

void make_folder(char *ret, size_t size);
void write_text(const char *path, const char *text);
void wait_until(bool (*is_ready)(const void *context), const void *context, const char *what);
/* `user` 0: as we are. Its output goes to the file `log`. It dies with us. */
pid_t start_program(const char *const *argv, uid_t user, gid_t group, const char *log);
/* Signals it (also when it is stopped), waits for its end, and sets *pid to 0. */
int end_program(pid_t *pid, int signal);

#endif

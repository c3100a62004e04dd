/* SPDX-License-Identifier: MIT */
/* What an inotify descriptor has to tell. Of the thread that owns it. */
#ifndef BOTSWAIN_COLLECT_INOTIFY_READ_H
#define BOTSWAIN_COLLECT_INOTIFY_READ_H

struct inotify_event;

typedef void inotify_take(void *context, const struct inotify_event *event);
/* Some of what waits, never blocking: there may be more. -1: nothing. */
void inotify_read(int fd, inotify_take *take, void *context);

#endif

/* SPDX-License-Identifier: MIT */
#include "core/collect/inotify_read.h"

#include <sys/inotify.h>
#include <unistd.h>

enum { BYTES = 16 << 10 };

void inotify_read(int fd, inotify_take *take, void *context)
{
	char bytes[BYTES] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t length = read(fd, bytes, sizeof(bytes));
	for (ssize_t at = 0; at < length;) {
		const struct inotify_event *event = (const struct inotify_event *)(bytes + at);
		take(context, event);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
}

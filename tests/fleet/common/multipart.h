/* SPDX-License-Identifier: MIT */
/*
 * A body of multipart/form-data (RFC 7578) in its parts. libmicrohttpd's own reader knows only headers that are written
 * as browsers write them; grammY and Telegraf write none of the blanks, and file names without quotes.
 */
#ifndef BOTSWAIN_FLEET_MULTIPART_H
#define BOTSWAIN_FLEET_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

struct part {
	const char *name, *filename,
		*type;    /* of the field; of a file, NULL: it is none; "": not said */
	const char *data; /* not terminated */
	size_t length;
};

/* What a part points to is only there during the call. */
typedef void multipart_take(void *data, const struct part *part);

/* Gives each part that has a name, in their order; what is left of a body that breaks off is not given. */
void multipart_read(const char *content_type, const char *body, size_t length, multipart_take *take,
	void *data);

#endif

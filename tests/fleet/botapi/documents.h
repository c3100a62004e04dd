/* SPDX-License-Identifier: MIT */
/*
 * Files that bots have uploaded: found by file_id, served at /file/bot<token>/<file_path>. The oldest go when they are
 * more than DOCUMENTS_MAX or DOCUMENTS_MAX_BYTES in all. One thread.
 */
#ifndef BOTSWAIN_BOTAPI_DOCUMENTS_H
#define BOTSWAIN_BOTAPI_DOCUMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

struct api;
struct request;

enum {
	DOCUMENTS_MAX = 1000,
	DOCUMENTS_MAX_BYTES = 256 << 20,
	UPLOAD_MAX_BYTES = 50 << 20,
	DOWNLOAD_MAX_BYTES = 20 << 20,
};

struct document {
	struct document *next; /* the newer one */
	int64_t bot;           /* its id */
	char *id, *unique_id, *name, *type, *path;
	struct str data;
};

struct documents {
	struct document *first, *last;
	size_t count, bytes;
	uint64_t made;
};

void documents_release(struct documents *documents);
/* Answers GET /file/bot<token>/<path>. */
void documents_serve(struct api *api, struct request *request);

#endif

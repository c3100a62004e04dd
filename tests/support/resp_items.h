/* SPDX-License-Identifier: MIT */
/* What a reader of RESP2 says that there is in bytes, written down: ours, and that of hiredis, which it must agree with. */
#ifndef BOTSWAIN_TESTS_RESP_ITEMS_H
#define BOTSWAIN_TESTS_RESP_ITEMS_H

#include <stddef.h>
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/parse/resp.h"

/* Of how many bytes the next piece is, 1 or more. */
typedef size_t resp_piece(void *context, size_t left);

/* All items of all replies; `err`: why it stopped, ERR_NONE when it asks for more. */
void resp_items_ours(const char *bytes, size_t length, size_t bytes_max, resp_piece *piece,
	void *context, struct str *ret, struct err *ret_err);
/* The same by hiredis; false: it refuses them. */
bool resp_items_hiredis(const char *bytes, size_t length, struct str *ret) MUST_CHECK;

#endif

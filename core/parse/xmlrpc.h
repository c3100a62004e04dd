/* SPDX-License-Identifier: MIT */
/*
 * The answer to an XML-RPC call (http://xmlrpc.com/spec.md) -> a tree of values. Strict where it
 * matters: no document types and so no entities of their own, a bound on depth and on the number of
 * values, and a fault is an error. Texts are copied as they came. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_XMLRPC_H
#define BOTSWAIN_PARSE_XMLRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"

enum xmlrpc_kind { XMLRPC_TEXT, XMLRPC_LIST, XMLRPC_RECORD };

/* Constant once it was read. */
struct xmlrpc_value {
	enum xmlrpc_kind kind;
	char *name;                  /* of a record's member, else "" */
	char *text;                  /* of a scalar as it is written, whatever its type; else "" */
	struct xmlrpc_value **items; /* of a list, members of a record */
	size_t count, capacity;
};

/* The value of the answer, which the caller frees. ERR_PROTOCOL when it is none, with the line; a
 * fault is ERR_REFUSED with its text. */
MUST_CHECK bool xmlrpc_read(
	const char *bytes, size_t length, struct xmlrpc_value **ret, struct err *err);
void xmlrpc_free(struct xmlrpc_value *value); /* NULL is legal */

/* A member of a record; "" (0) when it is not there or no scalar (no whole number, or one of 10^12 and more). */
const char *xmlrpc_text(const struct xmlrpc_value *record, const char *name);
int64_t xmlrpc_number(const struct xmlrpc_value *record, const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/* Names and values of labels as PromQL writes them. Pure; any thread. */
#ifndef BOTSWAIN_SERIES_LABEL_TEXT_H
#define BOTSWAIN_SERIES_LABEL_TEXT_H

#include <stdbool.h>
#include "core/base/str.h"

/* Letters, digits and _, no digit first: it stands without quotes. A metric's name may have colons. */
bool is_plain_label(const char *name);
bool is_plain_metric(const char *name);
/* Appends it in double quotes: what cannot be seen is escaped, bytes that are no UTF-8 as \xff. */
void quote_label_text(struct str *to, const char *text);
/* Appends a label's name, in quotes where it needs them. */
void add_label_name(struct str *to, const char *name);

#endif

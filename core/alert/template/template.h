/* SPDX-License-Identifier: MIT */
/*
 * The templates of Prometheus' rules ({{ $labels.instance }}, {{ $value | humanize }}, if, with, range, query): read once, and run for
 * each alert. What is not known is refused when it is read, by its name and line. A run is bounded in steps and bytes; what fails in
 * it stands in the text, as with Prometheus. One thread at a time.
 */
#ifndef BOTSWAIN_ALERT_TEMPLATE_H
#define BOTSWAIN_ALERT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct err;
struct labels;
struct query_result;
struct str;
struct template;

enum {
	TEMPLATE_BYTES_MAX = 64 << 10, /* of its text */
	TEMPLATE_OUT_MAX = 8 << 10,    /* of what it makes */
	TEMPLATE_STEPS_MAX = 20000,
};

struct template_scene {
	const struct labels *labels; /* $labels, .Labels */
	double value;                /* $value, .Value */
	/* An instant query; what it gives is released by the run. False: `err` says why. NULL: there is nobody to ask. */
	bool (*query)(void *context, const char *query, struct query_result *ret, struct err *err);
	void *context;
};

/* NULL: `err` says why not, `ret_line` in which of its lines, from 0. */
struct template *template_new(const char *text, int *ret_line, struct err *err) MUST_CHECK;
void template_free(struct template *template); /* NULL is legal */
/* Appends what it makes of the scene. */
void template_run(
	const struct template *template, const struct template_scene *scene, struct str *to);

#endif

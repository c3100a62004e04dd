/* SPDX-License-Identifier: MIT */
/*
 * YAML text as a tree of nodes that know their place. Only what a configuration needs: mappings,
 * sequences and scalars; anchors, aliases, tags, several documents, deep nesting and doubled keys
 * are refused, each with its place. Scalars stay text: their meaning is the option's. Pure.
 */
#ifndef BOTSWAIN_CONF_YAML_H
#define BOTSWAIN_CONF_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/conf/report.h"

struct arena;

enum {
	YAML_DEPTH_MAX = 12,
	YAML_NODES_MAX = 1 << 18,
};

enum node_type { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_type type;
	struct place place;
	char *text;  /* scalar, never NULL */
	bool quoted; /* scalar */
	char *key;   /* in a mapping: its key */
	struct place key_place;
	struct node *first, *last, *next;
	size_t count; /* children */
};

/* False: report holds why. An empty text gives an empty mapping. */
MUST_CHECK bool yaml_read(struct arena *arena, struct report *report, struct node **ret);

#endif

/* SPDX-License-Identifier: MIT */
#include "core/store/last.h"

#include <stdlib.h>

#include "core/base/mem.h"

void last_rows_add(struct last_rows *rows, unsigned kind, uint64_t id, int64_t wall_ms,
	const void *body, size_t length)
{
	rows->list = grow(rows->list, rows->count, &rows->capacity, sizeof(*rows->list));
	rows->list[rows->count++] = (struct last_row){.kind = kind,
		.id = id,
		.wall_ms = wall_ms,
		.body = length ? xmemdup(body, length) : NULL,
		.length = length};
}

void last_rows_release(struct last_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free(rows->list[i].body);
	free(rows->list);
	*rows = (struct last_rows){.list = NULL};
}

const struct last_row *last_rows_find(const struct last_rows *rows, unsigned kind, uint64_t id)
{
	size_t low = 0, high = rows->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct last_row *row = &rows->list[middle];
		if (row->kind == kind && row->id == id)
			return row;
		if (row->kind < kind || (row->kind == kind && row->id < id))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* SPDX-License-Identifier: MIT */
#include "core/collect/pg_table_place.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/pg_table.h"

struct left_table {
	char *name; /* of the table and its key */
	struct table_progress progress;
};

struct pg_table_place {
	size_t count;
	struct left_table items[];
};

static char *name_of(const struct pg_table *table)
{
	const struct conf_table *conf = table->conf;
	return xasprintf("%s/%s", conf->table[0] ? conf->table : conf->name, conf->key);
}

char *pg_table_place_key(const struct conf_postgres *conf)
{
	return xasprintf("tables/%s/%s", conf->name, conf->dsn);
}

struct pg_table_place *pg_table_place_new(struct pg_table *tables, size_t count)
{
	struct pg_table_place *place = xcalloc(1, sizeof(*place) + count * sizeof(place->items[0]));
	for (size_t i = 0; i < count; i++) {
		if (!tables[i].progress.has_begun)
			continue;
		place->items[place->count++] = (struct left_table){
			.name = name_of(&tables[i]), .progress = tables[i].progress};
		tables[i].progress = (struct table_progress){.has_begun = false};
	}
	return place;
}

void pg_table_place_free(void *data)
{
	struct pg_table_place *place = data;
	for (size_t i = 0; place && i < place->count; i++) {
		free(place->items[i].name);
		free(place->items[i].progress.taken);
	}
	free(place);
}

void pg_table_place_resume(struct pg_table_place *place, struct pg_table *table)
{
	autofree char *name = name_of(table);
	for (size_t i = 0; place && i < place->count; i++) {
		struct left_table *left = &place->items[i];
		if (!left->progress.has_begun || strcmp(left->name, name) != 0)
			continue;
		table->progress = left->progress;
		left->progress = (struct table_progress){.has_begun = false};
	}
}

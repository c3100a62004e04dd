/* SPDX-License-Identifier: MIT */
/* Which Redis and Postgres a variable or a setting names. Passwords are never kept. Any thread. */
#ifndef BOTSWAIN_COLLECT_CLUE_SERVICES_H
#define BOTSWAIN_COLLECT_CLUE_SERVICES_H

struct clue_service;
struct clues;

/* REDIS_URL, DATABASE_URL, REDIS_HOST and _PORT, PGHOST ..., and settings that are called so. */
void clue_service_variable(struct clues *clues, const char *key, const char *value);
/* Unless it is there. */
void clue_service_add(struct clues *clues, const struct clue_service *service);

#endif

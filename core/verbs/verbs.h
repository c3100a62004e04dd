/* SPDX-License-Identifier: MIT */
/* The verbs as data: the engine enforces them, screens show them. Any thread; constant. */
#ifndef BOTSWAIN_VERBS_VERBS_H
#define BOTSWAIN_VERBS_VERBS_H

#include <stddef.h>

enum verb_targets { VERB_TARGETS_NONE, VERB_TARGETS_BOTS, VERB_TARGETS_BACKUP };
enum verb_role { VERB_ROLE_VIEW, VERB_ROLE_OPERATE, VERB_ROLE_ADMIN };
enum verb_confirm { VERB_CONFIRM_NO, VERB_CONFIRM_YES, VERB_CONFIRM_TYPED };
enum { VERB_TYPED_ABOVE = 5 }; /* more targets than this: the operator types "restart 6" */

struct verb {
	const char *word, *help, *consequence;
	enum verb_targets targets;
	enum verb_role role;
	enum verb_confirm confirm;
};

/* NULL when it is none of ours (a custom verb, or a mistake). */
const struct verb *verb_find(const char *word);
/* verb_at(0 .. until NULL) */
const struct verb *verb_at(size_t index);

#endif

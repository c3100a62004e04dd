/* SPDX-License-Identifier: MIT */
/* botswaind --check-rules: says what is wrong with rule files, and leaves. */
#ifndef BOTSWAIN_ENGINE_RULES_CHECK_H
#define BOTSWAIN_ENGINE_RULES_CHECK_H

struct settings;

/* A line for each finding, then how many rules are good. The exit status: 0 all are, 2 a rule is refused. */
int rules_check(const struct settings *settings);

#endif

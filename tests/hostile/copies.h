/* SPDX-License-Identifier: MIT */
/* What an operator copies of texts of others: it goes on into a shell, an editor, a chat. */
#ifndef BOTSWAIN_TESTS_HOSTILE_COPIES_H
#define BOTSWAIN_TESTS_HOSTILE_COPIES_H

/* Of cmocka. */
void what_is_copied_of_it_is_one_safe_line(void **state);

#endif

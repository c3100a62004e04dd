/* SPDX-License-Identifier: MIT */
/* Clients of an engine without any manners: sockets on which a test says what it likes. */
#ifndef BOTSWAIN_TESTS_SUPPORT_RAW_CLIENT_H
#define BOTSWAIN_TESTS_SUPPORT_RAW_CLIENT_H

#include <stdbool.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/msg/msg.h"

struct harness;

/* An engine with so many bots. */
struct harness *raw_harness(unsigned bots) MUST_CHECK;
/* One with two, as the state of a test. */
int raw_setup(void **state);
int raw_teardown(void **state);

/* A raw socket to the engine. */
int raw_connect(struct harness *harness);
/* One that has said hello. */
int raw_introduce(struct harness *harness);
/* The same over a socket that is there: its greeting is on its way. */
void raw_greet(int fd);
/* Sends a message, as msg_parse() reads it. */
void raw_say(int fd, const char *format, ...) PRINTF_LIKE(2, 3);
/* All that came; *ret_closed: the engine hung up. */
void raw_hear(struct harness *harness, int fd, struct str *ret, bool *ret_closed);
struct msg_any raw_first(const struct str *bytes);

/* These close it. */
void raw_assert_refused(struct harness *harness, int fd, enum err_code code, const char *word);
void raw_assert_hung_up(struct harness *harness, int fd);
/* The engine serves others as if nothing had been. */
void raw_assert_serving(struct harness *harness);

#endif

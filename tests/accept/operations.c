/* SPDX-License-Identifier: MIT */
#include "tests/accept/accept.h"

void accept_operations(struct accept *run)
{
	(void)run;
}

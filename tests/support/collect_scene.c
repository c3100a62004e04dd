/* SPDX-License-Identifier: MIT */
#include "tests/support/collect_scene.h"

#include <stddef.h>

struct collected collected;

int collect_setup(void **state)
{
	return folder_setup(state);
}

void collect_scene_stop(void)
{
	if (collected.collect)
		collected_stop(&collected);
}

int collect_teardown(void **state)
{
	collect_scene_stop();
	return folder_teardown(state);
}

void collect_wait_ok(const char *which)
{
	collected_wait(&collected, "obs_source", which, "state=\"ok\"", NULL);
}

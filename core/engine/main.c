/* SPDX-License-Identifier: MIT */
#include <stdio.h>

int main(void)
{
	puts("botswaind " BOTSWAIN_VERSION);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include <stdio.h>

int main(void)
{
	puts("botswain " BOTSWAIN_VERSION);
	return 0;
}

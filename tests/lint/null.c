/* SPDX-License-Identifier: MIT */
/* What gcc -fanalyzer must not overlook: make lint tries it on this. Nothing else compiles it. */
#include <stdlib.h>

int first(size_t count);

int first(size_t count)
{
	int *numbers = calloc(count, sizeof(*numbers));
	int number = numbers[0];
	free(numbers);
	return number;
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/demo.h"

int main(int argc, char **argv)
{
	return demo_main(argc, argv);
}

/* SPDX-License-Identifier: MIT */
/* The commented default configuration, as it was when the program was built. */
#include "core/conf/settings.h"

const char *settings_default_text(void)
{
	static const unsigned char text[] = {
#include "botswain.yaml.inc"
		0};
	return (const char *)text;
}

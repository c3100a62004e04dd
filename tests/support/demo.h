/* SPDX-License-Identifier: MIT */
/*
 * Every widget on one screen, on the real terminal, with guard and signals as the product has them:
 * for looking at (build/tests/demo_widgets [THEME [ascii]]) and for terminal tests that need a
 * screen with a lot on it. Keys: j, k, q, C-z; c goes through scenes of charts; C crashes, H hangs.
 */
#ifndef BOTSWAIN_TESTS_DEMO_H
#define BOTSWAIN_TESTS_DEMO_H

int demo_main(int argc, char **argv);

#endif

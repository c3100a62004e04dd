/* SPDX-License-Identifier: MIT */
/*
 * Who starts us may have closed standard streams. What is opened next would take their numbers, and words for the operator
 * would go into a socket or the audit file.
 */
#ifndef BOTSWAIN_BASE_STD_STREAMS_H
#define BOTSWAIN_BASE_STD_STREAMS_H

/* Puts something in the place of each that is closed: reading from it, and writing to it, fails with EBADF as before. At the
 * beginning of main(). */
void std_streams_hold(void);

#endif

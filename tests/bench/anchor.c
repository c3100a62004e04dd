/* SPDX-License-Identifier: MIT */
/*
 * The anchor of T1, a program of its own: ncursesw with 256 colours, a frame of 7,200 cells at each key on its terminal,
 * every cell another than before, in runs of eight of one colour. What any program that draws through ncurses has to pay.
 */
#include <curses.h>
#include <locale.h>
#include <stdio.h>

enum { RUN = 8, PAIRS = 200 };

static void draw(unsigned frame)
{
	for (int row = 0; row < LINES; row++) {
		for (int column = 0; column < COLS; column++) {
			unsigned run = (unsigned)(row * COLS + column) / RUN;
			if (column % RUN == 0)
				attr_set(A_NORMAL, (short)(1 + (run * 7 + frame) % PAIRS), NULL);
			mvaddch(row, column,
				(chtype)('a' + (unsigned)(row + column + (int)frame) % 26));
		}
	}
	refresh();
}

int main(void)
{
	setlocale(LC_ALL, "");
	initscr();
	cbreak();
	noecho();
	start_color();
	for (int i = 1; i <= PAIRS; i++)
		init_pair((short)i, (short)(16 + i), (short)(16 + (i * 31) % 216));
	scrollok(stdscr, FALSE);
	draw(0);
	for (unsigned frame = 1; getch() != 'q'; frame++)
		draw(frame);
	endwin();
	return 0;
}

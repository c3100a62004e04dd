# SPDX-License-Identifier: MIT
# make install DESTDIR= PREFIX=: two programs, the themes, the example configuration and the licence.

BINDIR = $(DESTDIR)$(PREFIX)/bin
SHAREDIR = $(DESTDIR)$(PREFIX)/share

install: all ## install into DESTDIR/PREFIX
	install -d $(BINDIR) $(SHAREDIR)/botswain/themes $(SHAREDIR)/doc/botswain/docs
	install -m 755 $(O)/botswain $(O)/botswaind $(BINDIR)
	install -m 644 $(wildcard themes/*.yaml) $(SHAREDIR)/botswain/themes
	install -m 644 $(wildcard config/*.yaml) LICENSE README.md $(SHAREDIR)/doc/botswain
	install -m 644 $(wildcard docs/*.md docs/*.png) $(SHAREDIR)/doc/botswain/docs

.PHONY: install

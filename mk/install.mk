# SPDX-License-Identifier: MIT
# make install DESTDIR= PREFIX=: programs, man pages, completions, unit, themes, examples, pages. make deb: the same in a
# Debian package. make man: the pages alone.

BINDIR = $(PREFIX)/bin
SHAREDIR = $(PREFIX)/share
UNITDIR = $(if $(filter /usr,$(PREFIX)),/lib/systemd/system,$(PREFIX)/lib/systemd/system)
MAN_PAGES := botswain.1 botswaind.8 botswain.yaml.5 botswain-keys.7
MAN_FILES := $(addprefix $(O)/man/,$(MAN_PAGES))

define man_rule
	$(call say,MAN,$@)
	@mkdir -p $(@D)
	$(Q)mk/man.sh $(1) > $@
endef
$(O)/man/botswain.1: docs/man/botswain.1.in mk/man.sh $(O)/botswain
	$(call man_rule,page $< $(O)/botswain)
$(O)/man/botswaind.8: docs/man/botswaind.8.in mk/man.sh $(O)/botswaind
	$(call man_rule,page $< $(O)/botswaind)
$(O)/man/botswain.yaml.5: docs/settings.md mk/man.sh
	$(call man_rule,table botswain.yaml 5 "configuration of botswain" $<)
$(O)/man/botswain-keys.7: docs/keys.md mk/man.sh
	$(call man_rule,table botswain-keys 7 "keys and commands of botswain" $<)
$(O)/botswain.service: config/botswain.service $(O)/flags
	$(Q)sed 's|@BINDIR@|$(BINDIR)|' $< > $@

man: $(MAN_FILES) ## the man pages

install: all man $(O)/botswain.service ## install into DESTDIR/PREFIX
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(UNITDIR) $(SHAREDIR)/botswain/themes $(SHAREDIR)/doc/botswain/docs \
		$(SHAREDIR)/doc/botswain/least-privilege $(SHAREDIR)/doc/botswain/dashboards \
		$(SHAREDIR)/bash-completion/completions $(SHAREDIR)/zsh/vendor-completions \
		$(SHAREDIR)/fish/vendor_completions.d $(foreach section,1 5 7 8,$(SHAREDIR)/man/man$(section)))
	install -m 755 $(O)/botswain $(O)/botswaind $(DESTDIR)$(BINDIR)
	install -m 644 $(O)/botswain.service $(DESTDIR)$(UNITDIR)
	install -m 644 $(wildcard themes/*.yaml) $(DESTDIR)$(SHAREDIR)/botswain/themes
	install -m 644 $(wildcard config/*.yaml) LICENSE README.md $(DESTDIR)$(SHAREDIR)/doc/botswain
	install -m 644 $(wildcard config/dashboards/*.yaml) $(DESTDIR)$(SHAREDIR)/doc/botswain/dashboards
	install -m 644 $(wildcard config/least-privilege/*) $(DESTDIR)$(SHAREDIR)/doc/botswain/least-privilege
	install -m 644 $(filter-out docs/status.md,$(wildcard docs/*.md docs/*.png)) $(DESTDIR)$(SHAREDIR)/doc/botswain/docs
	install -m 644 config/completion/botswain.bash $(DESTDIR)$(SHAREDIR)/bash-completion/completions/botswain
	install -m 644 config/completion/botswain.zsh $(DESTDIR)$(SHAREDIR)/zsh/vendor-completions/_botswain
	install -m 644 config/completion/botswain.fish $(DESTDIR)$(SHAREDIR)/fish/vendor_completions.d
	$(foreach page,$(MAN_PAGES),install -m 644 $(O)/man/$(page) $(DESTDIR)$(SHAREDIR)/man/man$(subst .,,$(suffix $(page))) &&) true

deb: ## build/botswain_VERSION_ARCH.deb
	$(Q)$(MAKE) --no-print-directory DESTDIR=$(CURDIR)/$(O)/deb-root PREFIX=/usr deb-file

deb-file: install
	$(call say,DEB,$(O))
	$(Q)mk/deb.sh $(O) $(VERSION)

.PHONY: install man deb deb-file check-deb

check-deb: deb fleet-programs ## the package in a clean Debian: installs, runs, upgrades, purges (root, debootstrap)
	$(Q)BUILD=$(O) tests/deb/run $(O)/botswain_$(VERSION)_$(shell dpkg --print-architecture 2>/dev/null).deb

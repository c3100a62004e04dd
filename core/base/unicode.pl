#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# Prints core/base/unicode_table.c from the Unicode data of perl itself (5.36 of Debian 12: Unicode 14, the
# version of its C library, so that our widths and those of ncurses agree). Run: perl unicode.pl > unicode_table.c
use strict;
use warnings;
use Unicode::UCD;
no warnings 'utf8';

sub class {
	my $c = chr($_[0]);
	return 'HIDDEN' if $_[0] == 0x34f || $_[0] == 0x115f || $_[0] == 0x1160 || $_[0] == 0x3164 || $_[0] == 0xffa0
		|| $_[0] == 0x17b4 || $_[0] == 0x17b5;
	return 'HIDDEN' if $c =~ /\p{Cc}|\p{Cf}|\p{Cs}|\p{Co}|\p{Cn}|\p{Zl}|\p{Zp}|\p{Variation_Selector}/;
	return 'MARK' if $c =~ /\p{Mn}|\p{Me}/ || $c =~ /\p{Hangul_Syllable_Type=V}|\p{Hangul_Syllable_Type=T}/;
	# Ambiguous or neutral by the standard, but wide in the C library.
	return 'WIDE' if $_[0] >= 0x3248 && $_[0] <= 0x324f || $_[0] >= 0x4dc0 && $_[0] <= 0x4dff;
	return 'WIDE' if $c =~ /\p{East_Asian_Width=W}|\p{East_Asian_Width=F}/;
	return 'NARROW';
}

sub ranges {
	my ($of) = @_;
	my (@found, $first, $was);
	for my $code (0x80 .. 0x110000) {
		my $is = $code > 0x10ffff ? '' : $of->($code);
		next if defined $was && $is eq $was;
		push @found, [$first, $code - 1, $was] if defined $was && $was ne '' && $was ne 'NARROW';
		($first, $was) = ($code, $is);
	}
	return @found;
}

sub table {
	my @ranges = @_;
	my $line = "\t";
	for my $r (@ranges) {
		my $cell = sprintf('{0x%x, 0x%x, %s},', $r->[0], $r->[1], $r->[2]);
		if (length($line) + length($cell) > 108) { $line =~ s/ $//; print "$line\n"; $line = "\t"; }
		$line .= "$cell ";
	}
	$line =~ s/ $//;
	print "$line\n";
}

my $version = Unicode::UCD::UnicodeVersion();
print <<"HEAD";
/* SPDX-License-Identifier: MIT */
/* Written by unicode.pl from Unicode $version: code points from 0x80 up that are not plain one-cell characters. */
#include "core/base/unicode_table.h"

#include "core/base/attr.h"

/* clang-format off */
#define M UNICODE_MARK
#define W UNICODE_WIDE
#define H UNICODE_HIDDEN

const struct unicode_range unicode_classes[] = {
HEAD
my @classes = ranges(\&class);
$_->[2] = substr($_->[2], 0, 1) for @classes;
table(@classes);
print <<"MIDDLE";
};
const size_t unicode_classes_count = COUNT_OF(unicode_classes);

/* Extended_Pictographic */
const struct unicode_range unicode_pictographs[] = {
MIDDLE
table(ranges(sub { chr($_[0]) =~ /\p{Extended_Pictographic}/ ? 'W' : '' }));
print <<"TAIL";
};
const size_t unicode_pictographs_count = COUNT_OF(unicode_pictographs);
/* clang-format on */
TAIL

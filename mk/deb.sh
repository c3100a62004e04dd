#!/bin/bash
# SPDX-License-Identifier: MIT
# deb.sh BUILD VERSION: makes BUILD/botswain_VERSION_ARCH.deb of what was installed into BUILD/deb-root. What the programs
# depend on is read from them by dpkg-shlibdeps.
set -euo pipefail
build=$(realpath -- "$1") version=$2
root=$build/deb-root arch=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf -- "$work" "$root"' EXIT

strip --strip-unneeded "$root"/usr/bin/*
find "$root/usr/share/man" -type f -name '*.[1-8]' -exec gzip -9nf {} +
mv "$root/usr/share/doc/botswain/LICENSE" "$root/usr/share/doc/botswain/copyright"
install -d "$root/DEBIAN" "$work/debian"
printf 'Source: botswain\n\nPackage: botswain\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O "$root/usr/bin/botswain" "$root/usr/bin/botswaind" 2>/dev/null |
	sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { echo "deb: dpkg-shlibdeps names no library" >&2; exit 1; }
sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@DEPENDS@/$depends/" \
	-e "s/@SIZE@/$(du -ks "$root" | cut -f1)/" config/debian/control.in >"$root/DEBIAN/control"
for script in postinst prerm postrm; do install -m 755 "config/debian/$script" "$root/DEBIAN/$script"; done
(cd "$root" && find usr lib -type f -exec md5sum {} + 2>/dev/null | sort -k 2) >"$root/DEBIAN/md5sums"
dpkg-deb --root-owner-group -Zxz --build "$root" "$build/botswain_${version}_$arch.deb" >/dev/null
echo "$build/botswain_${version}_$arch.deb"

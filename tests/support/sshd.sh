# SPDX-License-Identifier: MIT
# A real sshd on loopback with keys of its own, for tests. Sourced by bash, after tests/fleet/lib.sh.

free_port() { printf '%s' $((20000 + ($(od -An -N4 -tu4 /dev/urandom) % 12000))); }

# ssh takes its files from the home of the passwd entry, whatever HOME says: an ssh before it on PATH names ours.
sshd_write() { # DIR BUILD PORT
	mkdir "$1/bin" && ssh-keygen -q -t ed25519 -N '' -f "$1/key" && ssh-keygen -q -t ed25519 -N '' -f "$1/host" || return 1
	cp "$1/key.pub" "$1/authorized" && chmod 600 "$1/authorized"
	printf '[127.0.0.1]:%s %s\n' "$3" "$(cut -d' ' -f1,2 "$1/host.pub")" >"$1/known"
	printf '%s\n' "IdentityFile $1/key" 'IdentitiesOnly yes' "UserKnownHostsFile $1/known" 'StrictHostKeyChecking yes' \
		'GlobalKnownHostsFile /dev/null' >"$1/client"
	printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$1/client" >"$1/bin/ssh"
	chmod +x "$1/bin/ssh"
	printf '%s\n' "Port $3" 'ListenAddress 127.0.0.1' "HostKey $1/host" "AuthorizedKeysFile $1/authorized" \
		'StrictModes no' 'UsePAM no' 'PasswordAuthentication no' 'KbdInteractiveAuthentication no' \
		'PermitRootLogin prohibit-password' "PidFile $1/sshd.pid" "SetEnv PATH=$2:$PATH" >"$1/server"
}

# sshd_knows DIR PORT: the same host by another port, a proxy's say
sshd_knows() { printf '[127.0.0.1]:%s %s\n' "$2" "$(cut -d' ' -f1,2 "$1/host.pub")" >>"$1/known"; }

sshd_answers() { ssh -p "$port" "$user@127.0.0.1" true; }

# sshd_start DIR BUILD: sets $port, $user and $sshd (its pid); PATH begins with an ssh that knows it
sshd_start() {
	user=$(id -un)
	[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
	port=$(free_port)
	sshd_write "$1" "$2" "$port" || return 1
	PATH=$1/bin:$PATH
	/usr/sbin/sshd -D -e -f "$1/server" >"$1/sshd.log" 2>&1 & sshd=$!
	wait_until 10 sshd_answers || { cat "$1/sshd.log"; return 1; }
}

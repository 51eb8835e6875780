#!/usr/bin/env bash
# Installs the Debian packages named as arguments, as far as they are missing, and
# starts none of the services in them. Where that is not possible (no apt, not root)
# it says so and ends well: what needs them then skips, or fails with CI=true.
set -euo pipefail

missing=()
for package in "$@"; do
	if ! dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$'; then
		missing+=("$package")
	fi
done
if [ ${#missing[@]} -eq 0 ]; then
	exit 0
fi

if ! command -v apt-get >/dev/null; then
	echo "going on without ${missing[*]}: no apt here, install them your own way" >&2
	exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
	if ! sudo -n true 2>/dev/null; then
		echo "going on without ${missing[*]}: to have them, sudo apt-get install ${missing[*]}" >&2
		exit 0
	fi
	as_root=(sudo)
fi

# RUNLEVEL=1 keeps invoke-rc.d, SYSTEMD_OFFLINE=1 systemctl, from starting what is installed.
apt() {
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 SYSTEMD_OFFLINE=1 \
		apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}
echo "installing ${missing[*]}" >&2
apt update || echo "apt-get update failed; trying with the lists at hand" >&2
if ! apt install --yes --no-install-recommends "${missing[@]}" >/dev/null; then
	echo "going on without ${missing[*]}: apt-get install failed" >&2
fi

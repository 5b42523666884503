#!/bin/sh
# On Debian and Ubuntu, see that the libraries of a Qt window are there; install them where that is allowed.
set -eu
command -v dpkg-query >/dev/null 2>&1 || exit 0
wanted="libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libdbus-1-3 python3-venv"
missing=""
for package in $wanted; do
	dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
done
case "$missing" in *python3-venv*) python3 -m venv --help >/dev/null 2>&1 && missing=$(echo "$missing" | sed 's/ *python3-venv//') ;; esac
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
	echo "Installing$missing ..."
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
else
	echo "The window needs these packages: sudo apt-get install$missing"
fi

#!/bin/sh
# Put the program into the desktop menu. usage: install_desktop.sh PYTHON
set -eu
cd "$(dirname "$0")/../.."
exec "$1" -m app.desktop

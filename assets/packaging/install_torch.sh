#!/bin/sh
# Install the pinned PyTorch first, so that nothing else chooses a version.
# usage: install_torch.sh PYTHON [INDEX]   INDEX: another package index, e.g. PyTorch's own for its small CPU build
set -eu
python=$1 index=${2:-}
version=$(sed -n 's/^ *"torch==\([0-9.]*\)".*/\1/p' pyproject.toml)
"$python" -c "import torch, sys; sys.exit(torch.__version__.split('+')[0] != '$version')" 2>/dev/null && exit 0
echo "Installing PyTorch $version ..."
"$python" -m pip install --quiet --disable-pip-version-check ${index:+--index-url "$index"} "torch==$version"

#!/bin/sh
# Installs a lock file into .venv: quickly with uv, else (where only pip knows the way to the packages) with pip.
# Every file is checked against the hash in the lock; nothing is built from source.
set -eu
lock=$1
python=.venv/bin/python
export UV_NO_PROGRESS=1 PIP_DISABLE_PIP_VERSION_CHECK=1
with_uv() { UV_SYSTEM_CERTS=$1 $python -m uv pip install --quiet --python $python --require-hashes --only-binary :all: -r "$lock" 2>.venv/uv.log; }
# the machine's own list of authorities first: behind a company's proxy only that one knows who vouches for it
if ! with_uv 1 && ! with_uv 0; then
  echo "uv could not install $lock (see .venv/uv.log): using pip, which takes longer."
  $python -m pip install --quiet --require-hashes --only-binary :all: -r "$lock"
fi

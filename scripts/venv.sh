#!/bin/sh
# Makes .venv with pip in it, on any machine with Python 3.11 or later. Installs nothing into it yet.
# Debian splits ensurepip off its Python. Then a pip that this Python has fills the environment, with the pip of the
# lock file; without one root installs the missing part and everybody else is told the one line that does.
set -eu
python=${PYTHON:-python3}

complain() { printf '%s\n' "$@" >&2; exit 1; }

command -v "$python" >/dev/null 2>&1 || complain "Python was not found. Install Python 3.11 or later (Debian: apt-get install python3 python3-venv)."
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' \
  || complain "Kết Nối needs Python 3.11 to 3.14, this is $("$python" --version 2>&1). Name another one: PYTHON=python3.12 make run"

# one that works is kept
.venv/bin/python -c 'import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' >/dev/null 2>&1 && exit 0

without_ensurepip() {
  "$python" -c 'import venv, pip' >/dev/null 2>&1 || return 1
  "$python" -m venv --without-pip .venv || return 1
  "$python" -m pip --python .venv/bin/python install --quiet --disable-pip-version-check \
    --require-hashes --only-binary :all: -r requirements-bootstrap.lock || { rm -rf .venv; return 1; }
}

rm -rf .venv
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
  without_ensurepip && exit 0
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "This Python lacks ensurepip: installing the package python3-venv."
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "python$version-venv"; } >/dev/null 2>&1 \
      || complain "apt-get could not install python$version-venv. Install it by hand, then run this again."
  else
    complain "This Python cannot make virtual environments: its part ensurepip is missing." \
             "The fix:  sudo apt-get install python$version-venv      then run this again."
  fi
fi
"$python" -m venv .venv || { rm -rf .venv; complain "python -m venv failed; the lines above say why."; }

#!/bin/sh
# Makes sure that a Chromium is there for the browser tests and prints where. Root gets it installed, others are told.
# The headless shell is the same browser without a desktop around it: the tests take two thirds of the time with it.
set -eu
find_browser() {
  for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" && return 0
  done
  return 1
}
install() {
  { timeout "$patience" apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive timeout "$patience" apt-get install -y -qq --no-install-recommends "$1"; } >&2
}
command -v chromium-headless-shell && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium for the tests with apt-get." >&2
  patience=600
  find_browser >/dev/null && patience=90 # another one is here: not worth a long wait
  install chromium-headless-shell || find_browser >/dev/null || install chromium || true
fi
find_browser && exit 0
echo "The browser tests need Chromium and none was found. The fix:  sudo apt-get install chromium" >&2
exit 1

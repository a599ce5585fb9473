#!/bin/sh
# Makes sure that a Chromium is there for the browser tests and prints where. Root gets it installed, others are told.
set -eu
find_browser() {
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" && return 0
  done
  return 1
}
find_browser && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "No Chromium found: installing it with apt-get." >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >&2
  find_browser && exit 0
fi
echo "The browser tests need Chromium and none was found. The fix:  sudo apt-get install chromium" >&2
exit 1

#!/bin/sh
# Installs the Debian packages the build needs, and those named as arguments; only what is missing.
set -eu
missing=""
for package in libopenblas-dev liblapacke-dev libsentencepiece-dev libarchive-dev libpcre2-dev "$@"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"
sudo=""
[ "$(id -u)" -eq 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
# An old package list may name versions that are gone, so a failure is tried again with a new one.
# shellcheck disable=SC2086
$sudo apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 || {
  $sudo apt-get update
  $sudo apt-get install -y --no-install-recommends $missing
}

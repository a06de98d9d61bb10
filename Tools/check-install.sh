#!/bin/sh
# Installs into an empty folder, and runs the program from there as on a machine without Swift.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
make install DESTDIR="$folder" PREFIX=/opt
program=$folder/opt/bin/finetune
if ldd "$program" | grep -iE 'swift|foundation|dispatch|not found'; then
  echo "check-install: the installed program needs the libraries above, which only Swift brings" >&2
  exit 1
fi
mkdir "$folder/empty" "$folder/work"
cd "$folder/work"
# Bundled tasks and checkpoint are found beside the program.
check="env -i PATH=/usr/bin:/bin $program --task cola --max-steps 1 --eval-limit 8 --save none --output run"
swift=$(dirname "$(realpath "$(command -v swift)")")/../lib/swift
if unshare --mount mount --bind "$folder/empty" "$swift" 2>/dev/null; then
  unshare --mount sh -c "mount --bind $folder/empty $swift && [ -z \"\$(ls $swift)\" ] && $check"
else
  echo "check-install: nothing may be mounted here, so Swift's libraries stay in sight"
  $check
fi
[ -s run/results.json ]
echo "check-install: the installed program ran without Swift's libraries"

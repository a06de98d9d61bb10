#!/bin/sh
# Writes to the file $2 from which commit the package in $1 is built, and whether its sources differ from that commit.
# Both are nil where the folder is not the root of a repository. The build runs this: see Plugins/BuildStamp.
set -eu
cd "$1"
commit=nil
dirty=nil
if [ "$(git rev-parse --show-prefix 2>/dev/null || echo none)" = "" ] && head=$(git rev-parse --verify HEAD 2>/dev/null); then
  commit="\"$head\""
  dirty=false
  # A new source file is compiled too before git knows it.
  [ -z "$(git status --porcelain -- Package.swift Sources Plugins)" ] || dirty=true
fi
text="enum BuildStamp {
  static let commit: String? = $commit
  static let isDirty: Bool? = $dirty
}"
# An unchanged file is left alone, so that nothing is compiled again for it.
[ "$(cat "$2" 2>/dev/null)" = "$text" ] || printf '%s\n' "$text" >"$2"

#!/bin/sh
# Builds and runs every test under the sanitizers named: address, undefined, thread.
#
# Each has a build folder of its own. What a sanitizer says, in the tests or in the program that they start, goes to
# files; one such file is a failure.
set -eu
cd "$(dirname "$0")/.."
runtime="$(dirname "$(command -v swift)")/../lib/clang/*/lib/linux/libclang_rt.ubsan_standalone"
machine=$(uname -m)

for name in "$@"; do
  reports=$(mktemp -d)
  # Tests of limits cannot run: a sanitizer reserves terabytes of addresses, and the limit on a file's size meets its report.
  skipped="--skip tooFewAddresses --skip theDataSegmentIsLimited --skip logCannotGrow"
  case $name in
  address)
    options="--sanitize address"
    # No leak is looked for. Foundation's Process and the test runner keep some objects for good, and a program that
    # ends by exit() still holds what is on its stack.
    export ASAN_OPTIONS="detect_leaks=0:detect_stack_use_after_return=1:log_path=$reports/report"
    ;;
  undefined)
    # Swift has no such sanitizer on Linux and traps where C would be undefined, so this is for C and C++.
    options="-Xcc -fsanitize=undefined -Xcxx -fsanitize=undefined"
    for part in $runtime-$machine.a ${runtime}_cxx-$machine.a; do options="$options -Xlinker $part"; done
    skipped=""
    export UBSAN_OPTIONS="print_stacktrace=1:log_path=$reports/report"
    ;;
  thread)
    options="--sanitize thread"
    export TSAN_OPTIONS="log_path=$reports/report"
    ;;
  *)
    echo "sanitize.sh: found $name, expected address, undefined or thread" >&2
    exit 64
    ;;
  esac
  echo "== $name"
  # shellcheck disable=SC2086
  swift build -c release --build-tests --scratch-path ".build/$name" $options
  status=0
  # shellcheck disable=SC2086
  swift test -c release --skip-build --no-parallel --scratch-path ".build/$name" $options $skipped || status=$?
  for report in "$reports"/*; do
    [ -e "$report" ] || continue
    status=1
    cat "$report"
  done
  rm -rf "$reports"
  [ "$status" -eq 0 ] || exit "$status"
done

#!/bin/sh
# Speed of training: the median of five short runs, without the start.
# usage: bench.sh FINETUNE [--model DIR] [--data DIR]
set -eu
finetune=$1
shift
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for optimizer in adamw fira; do
  for run in 1 2 3 4 5; do
    "$finetune" --task cola --optimizer "$optimizer" --max-steps 40 --eval-limit 10 --save none --quiet \
      --output "$out/$optimizer-$run" "$@" >/dev/null
    # Skips the first ten steps, in which buffers are first touched.
    sed -n '11,$p' "$out/$optimizer-$run/train_log.jsonl" |
      sed 's/.*"tokens":\([0-9]*\),"seconds":\([0-9.e-]*\).*/\1 \2/' |
      awk '{ t += $1; s += $2 } END { printf "%.0f\n", t / s }'
  done | sort -n | sed -n 3p | sed "s/^/$optimizer tokens per second: /"
done

#!/bin/sh
# Rates of every optimizer on a real encoder and real CoLA: the sweep behind the presets, and the runs at the presets.
#
#   Tools/sweep_optimizers.sh sweep   FINETUNE MODEL DATA OUT [OPTIMIZER...]   3 rates each, 1 epoch of 2,000 examples, seed 1
#   Tools/sweep_optimizers.sh presets FINETUNE MODEL DATA OUT [OPTIMIZER...]   the preset rate, 3 epochs of all, seed 1
#
# Each is a grid, so what has finished is kept when it is started again. Tools/optimizer_table.py makes the tables.
set -eu
what=$1 finetune=$2 model=$3 data=$4 out=$5
shift 5

rates() {
  case $1 in
    sgd) echo 3e-2,1e-1,3e-1 ;;
    sgdm) echo 3e-3,1e-2,3e-2 ;;
    adagrad | sm3) echo 1e-3,3e-3,1e-2 ;;
    came) echo 1e-5,3e-5,1e-4 ;;
    lion) echo 5e-6,1e-5,3e-5 ;;
    fira | fira-only-scaling) echo 2e-4,5e-4,1e-3 ;;
    galore*) echo 3e-4,1e-3,3e-3 ;;
    flora) echo 1e-3,3e-3,1e-2 ;;
    *) echo 5e-5,1e-4,2e-4 ;;
  esac
}

[ $# -gt 0 ] || set -- $("$finetune" list optimizers | sed -n 's/^\([a-z0-9-]*\): .*/\1/p')
for optimizer in "$@"; do
  case $what in
    sweep)
      "$finetune" grid --tasks cola --optimizers "$optimizer" --learning-rates "$(rates "$optimizer")" --seeds 1 \
        --epochs 1 --train-limit 2000 --save none --model "$model" --data "$data" --output "$out/$optimizer" --quiet ;;
    presets)
      "$finetune" grid --tasks cola --optimizers "$optimizer" --seeds 1 --epochs 3 --save none \
        --model "$model" --data "$data" --output "$out/$optimizer" --quiet ;;
    *) echo "sweep_optimizers.sh: unknown step '$what', expected sweep or presets" >&2; exit 64 ;;
  esac
done

#!/bin/sh
# Makes the demo material again from its seed: samples, pretraining text, tokenizer, pretrained checkpoint.
#
#   Tools/make-demo.sh samples   only tasks/*/sample (seconds)
#   Tools/make-demo.sh           everything (about a quarter of an hour on two cores)
#
# Needs spm_train (Debian: sentencepiece) for the tokenizer. The text stays under runs/, which git ignores.
set -eu
cd "$(dirname "$0")/.."
what=${1:-all}
work=runs/demo
demo=checkpoints/demo
text_bytes=40000000
# The tokenizer learns from the first 6 MB, which is as much as its trainer needs.
tokenizer_lines=123676

case $what in
  samples | all) ;;
  *) echo "make-demo.sh: unknown step '$what', expected 'samples' or nothing" >&2; exit 64 ;;
esac

swift build -c release --product demo-material
programs=$(swift build -c release --show-bin-path)
if [ "$what" = samples ]; then
  exec "$programs/demo-material" --output .
fi

command -v spm_train >/dev/null || { echo "make-demo.sh: no spm_train; install Debian's package sentencepiece" >&2; exit 66; }
swift build -c release --product finetune
mkdir -p "$work" "$demo"
"$programs/demo-material" --output . --text "$work/text.txt" --text-bytes "$text_bytes"

# LLaMA's special tokens; the text reaches the model byte for byte. One thread: the trainer's result must not vary.
head -n "$tokenizer_lines" "$work/text.txt" >"$work/tokenizer-text.txt"
spm_train --input="$work/tokenizer-text.txt" --model_prefix="$work/tokenizer" --model_type=bpe --vocab_size=2048 \
  --normalization_rule_name=identity --remove_extra_whitespaces=false --byte_fallback=true \
  --unk_id=0 --bos_id=1 --eos_id=2 --pad_id=-1 --num_threads=1 --minloglevel=1
cp "$work/tokenizer.model" "$demo/tokenizer.model"

# A new folder each time: nothing that was made before is lost.
output=$work/pretrained-$(date +%Y%m%d-%H%M%S)
"$programs/finetune" pretrain --config "$demo/pretrain.yaml" --model "$demo" --random-init \
  --text "$work/text.txt" --output "$output"
cp "$output/model/model.safetensors" "$demo/model.safetensors"
echo "made $demo/model.safetensors; the run is in $output"

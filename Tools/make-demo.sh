#!/bin/sh
# Makes the demo material again from its seed: the samples, the pretraining text, the tokenizer.
#
#   Tools/make-demo.sh samples   only tasks/cola/sample and tasks/mrpc/sample
#   Tools/make-demo.sh           everything
#
# Needs spm_train (Debian: sentencepiece) for the tokenizer. The text stays under runs/, which git ignores.
set -eu
cd "$(dirname "$0")/.."
what=${1:-all}
work=runs/demo
demo=checkpoints/demo
text_bytes=6000000

case $what in
  samples | all) ;;
  *) echo "make-demo.sh: unknown step '$what', expected 'samples' or nothing" >&2; exit 64 ;;
esac

swift build -c release --product demo-material
program=$(swift build -c release --show-bin-path)/demo-material
if [ "$what" = samples ]; then
  exec "$program" --output .
fi

command -v spm_train >/dev/null || { echo "make-demo.sh: no spm_train; install Debian's package sentencepiece" >&2; exit 66; }
mkdir -p "$work" "$demo"
"$program" --output . --text "$work/text.txt" --text-bytes "$text_bytes"

# LLaMA's special tokens; the text reaches the model byte for byte. One thread: the trainer's result must not vary.
spm_train --input="$work/text.txt" --model_prefix="$work/tokenizer" --model_type=bpe --vocab_size=2048 \
  --normalization_rule_name=identity --remove_extra_whitespaces=false --byte_fallback=true \
  --unk_id=0 --bos_id=1 --eos_id=2 --pad_id=-1 --num_threads=1 --minloglevel=1
cp "$work/tokenizer.model" "$demo/tokenizer.model"

# Pretraining goes here, once the command exists:
#   finetune pretrain --config checkpoints/demo/pretrain.yaml --text runs/demo/text.txt --output runs/demo/pretrained

"""Tokens per second of our tokenizers beside the reference libraries: one thread, the same file, taking turns.

Usage: python Tools/bench_tokenizers.py PROGRAM [--data DIR] [--file TEXT] [--passes N]
PROGRAM is .build/release/tokenizer-speed. The vocabularies are the real ones of the shared data (DIR, default ../shared/data);
without it, the small ones of the fixtures. Both sides get the lines of the file and give ids and offsets; the ids of
each line are not compared here, the tests do that. Needs tokenizers==0.23.3 and sentencepiece==0.2.3; where they are not
installed only our figures are printed.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

try:
    import sentencepiece
    import transformers
    from transformers import AutoTokenizer

    transformers.logging.set_verbosity_error()
except ImportError:
    sentencepiece = None

# Real checkpoints' folders, named in FINETUNE_TOKENIZERS and separated by colons.
REAL = [folder for folder in os.environ.get("FINETUNE_TOKENIZERS", "").split(":") if folder]
O200K = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+",
])
FIXTURES = "Tests/Fixtures/tokenizers/folders/"


def described(folder, work, expression):
    """A folder whose tokenizer.json splits by an expression that is matched by an engine on both sides."""
    tokenizer = json.loads(AutoTokenizer.from_pretrained(folder).backend_tokenizer.to_str())
    split = {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    tokenizer["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split, byte_level]}
    path = os.path.join(work, "described")
    os.makedirs(path)
    with open(path + "/tokenizer.json", "w") as file:
        json.dump(tokenizer, file)
    with open(path + "/tokenizer_config.json", "w") as file:
        json.dump({"tokenizer_class": "PreTrainedTokenizerFast"}, file)
    return path


def folders(data, work):
    """(kind, folder, which reference) of every tokenizer timed."""

    def make(name, tokenizer_class, **files):
        path = os.path.join(work, name)
        os.makedirs(path)
        for target, source in files.items():
            shutil.copy(os.path.join(data, source), os.path.join(path, target.replace("__", ".")))
        with open(path + "/tokenizer_config.json", "w") as file:
            json.dump({"tokenizer_class": tokenizer_class}, file)
        with open(path + "/config.json", "w") as file:
            json.dump({"model_type": name}, file)
        return path

    if not os.path.isdir(data):
        return [
            ("WordPiece", FIXTURES + "wordpiece", "tokenizers"),
            ("byte-level BPE", FIXTURES + "gpt2", "tokenizers"),
            ("SentencePiece BPE", FIXTURES + "llama", "sentencepiece"),
            ("SentencePiece unigram", FIXTURES + "albert", "tokenizers"),
        ]
    pairs = {"vocab__json": "tokenizers/gpt2/encoder.json", "merges__txt": "tokenizers/gpt2/vocab.bpe"}
    gpt2 = make("gpt2", "GPT2Tokenizer", vocab__json="tokenizers/gpt2/encoder.json", merges__txt="tokenizers/gpt2/vocab.bpe")
    unigram = make("t5", "LlamaTokenizer", tokenizer__model="spm/t5_spiece.model")
    albert = make("albert", "AlbertTokenizer", spiece__model="spm/albert_style_german_30k-clean.model")
    return [
        ("WordPiece (BERT)", make("bert", "BertTokenizer", vocab__txt="tokenizers/bert-base-uncased/vocab.txt"), "tokenizers"),
        ("byte-level BPE (GPT-2)", gpt2, "tokenizers"),
        ("SentencePiece BPE (LLaMA)", make("llama", "LlamaTokenizer", tokenizer__model="spm/llama_tokenizer.model"), "sentencepiece"),
        ("SentencePiece unigram (T5)", unigram, "sentencepiece"),
        ("unigram with normalizer (ALBERT)", albert, "tokenizers"),
        ("byte-level BPE, NFC (Qwen2)", make("qwen2", "Qwen2Tokenizer", **pairs), "tokenizers"),
        ("byte-level BPE, NFC (GPT-NeoX)", make("gpt_neox", "GPTNeoXTokenizer", **pairs), "tokenizers"),
        ("byte-level BPE, PCRE2 (o200k)", described(gpt2, work, O200K), "tokenizers"),
        ("unigram (XLM-R)", make("xlm-roberta", "XLMRobertaTokenizer", sentencepiece__bpe__model="spm/t5_spiece.model"), "tokenizers"),
        ("unigram, NFC (DeBERTa-v3)", make("deberta-v2", "DebertaV2Tokenizer", spm__model="spm/t5_spiece.model"), "tokenizers"),
    ] + [(os.path.basename(folder), folder, "tokenizers") for folder in REAL]


class Ours:
    def __init__(self, program, folder, file):
        self.process = subprocess.Popen([program, folder, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def pass_(self):
        self.process.stdin.write("\n")
        tokens, seconds = self.process.stdout.readline().split()
        return int(tokens), float(seconds)

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise SystemExit("tokenizer-speed failed")


class Reference:
    def __init__(self, library, folder, lines):
        self.lines = lines
        if library == "tokenizers":
            backend = AutoTokenizer.from_pretrained(folder).backend_tokenizer
            self.encode = lambda: backend.encode_batch(lines, add_special_tokens=False)
            self.fast = lambda: backend.encode_batch_fast(lines, add_special_tokens=False)
        else:
            processor = sentencepiece.SentencePieceProcessor(model_file=folder + "/tokenizer.model")
            self.encode = lambda: processor.encode(lines, num_threads=1)
            self.fast = None
        self.encode()

    @staticmethod
    def timed(encode):
        start = time.perf_counter()
        out = encode()
        seconds = time.perf_counter() - start
        return sum(map(len, out)), seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--data", default=os.environ.get("FINETUNE_SHARED_DATA", "../shared/data"))
    parser.add_argument("--file")
    parser.add_argument("--passes", type=int, default=7)
    arguments = parser.parse_args()
    real = os.path.join(arguments.data, "corpora/wikitext-103/wiki.valid.tokens")
    file = arguments.file or (real if os.path.exists(real) else "Tests/Fixtures/pretraining.txt")
    with open(file, "rb") as text:
        lines = [line.decode() for line in text.read().split(b"\n") if line]
    print(f"{file}: million tokens per second, medians of {arguments.passes} passes taking turns, one thread")
    with tempfile.TemporaryDirectory() as work:
        for kind, folder, library in folders(arguments.data, work):
            ours = Ours(arguments.program, folder, file)
            reference = Reference(library, folder, lines) if sentencepiece else None
            rows = []
            for _ in range(arguments.passes):
                tokens, seconds = ours.pass_()
                row = [tokens / seconds]
                for encode in [reference.encode, reference.fast] if reference else []:
                    if encode:
                        count, seconds = Reference.timed(encode)
                        row.append(count / seconds)
                rows.append(row)
            ours.close()
            median = [statistics.median(column) / 1e6 for column in zip(*rows)]
            line = f"{kind:34} ours {median[0]:6.3f}"
            if reference:
                ratio = statistics.median(row[0] / row[1] for row in rows)
                line += f"  {library} {median[1]:6.3f}  ratio {ratio:5.2f}"
                if tokens != count:
                    line += f"  TOKENS DIFFER: {tokens} and {count}"
            if reference and len(median) > 2:
                ratio = statistics.median(row[0] / row[2] for row in rows)
                line += f"  (without offsets {median[2]:6.3f}, ratio {ratio:5.2f})"
            print(line, flush=True)


main()

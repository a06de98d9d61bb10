"""Writes Tests/Fixtures/tokenizers/described.json: what the reference makes of the hard strings under one tokenizer.json after another.

Each is a fixture folder with changes to its tokenizer.json, tokenizer_config.json and config.json. Of every hard string of texts.json
two hexadecimal digits of a checksum of the ids stand in `ids`, of the character offsets in `spans` (`--` where the reference's own
are wrong), and of the decoded text in `decoded`; `checksum` is over all ids. `--` in all of them is a text at which the reference
itself fails.
A description is read by the tokenizers library itself, and where it names a class by AutoTokenizer.

Also makes the folders gemma, clip, wordlevel and deberta, whose vocabularies have a form that no other has. `train` does so anew; training is
not deterministic, so that the rest is then written anew, too.

Needs transformers==5.23.0, tokenizers==0.23.3, sentencepiece==0.2.3.
`scalars` writes scalars.json instead: checksums over every Unicode scalar value.
Run from the package root: python Tools/make_described_fixtures.py [train] [scalars]
"""

import json
import os
import shutil
import sys
import tempfile

parts = sys.argv[1:]
train_anew = "train" in parts
sys.argv = sys.argv[:1]
import make_tokenizer_fixtures as base  # noqa: E402  (it reads the arguments)
import tokenizers  # noqa: E402
import transformers  # noqa: E402
from make_tokenizer_fixtures import BYTES, CORPUS, FOLDERS, LLAMA3, ROOT, fnv, merged, write_json  # noqa: E402
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers  # noqa: E402
from transformers import AutoTokenizer  # noqa: E402

TEXTS = json.load(open(ROOT + "texts.json"))
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
O200K = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+",
])
CL100K = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
DEEPSEEK = [
    {"type": "Split", "pattern": {"Regex": r"\p{N}{1,3}"}, "behavior": "Isolated", "invert": False},
    {"type": "Split", "pattern": {"Regex": "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"}, "behavior": "Isolated", "invert": False},
    {"type": "Split", "pattern": {"Regex": r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"}, "behavior": "Isolated", "invert": False},
]


def train_gemma():
    """Gemma's layout: characters with a fallback to bytes, blanks that the normalizer writes."""
    tokenizer = tokenizers.Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"] + [f"<0x{b:02X}>" for b in range(256)]
    latin = [line for line in CORPUS if line.isascii() or "\u00fc" in line] * 2 + ["a  b   c    d\n\n\te"] * 4
    # Trained on pieces of some words, so that pieces cross blanks only at their beginning, as in Gemma's vocabulary.
    words = tokenizers.Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    words.normalizer = tokenizer.normalizer
    words.pre_tokenizer = pre_tokenizers.Split(tokenizers.Regex("(?=\u2581)(?<!\u2581)"), "isolated")
    words.train_from_iterator(latin, trainers.BpeTrainer(vocab_size=700, special_tokens=special))
    state = json.loads(words.to_str())
    whole = json.loads(tokenizer.to_str())
    whole["model"]["vocab"], whole["model"]["merges"] = state["model"]["vocab"], state["model"]["merges"]
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(whole))
    tokenizer.add_special_tokens([tokenizers.AddedToken(t, special=True, normalized=False) for t in special[:5] + ["<start_of_turn>"]])
    bos = tokenizer.token_to_id("<bos>")
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos>:0 $A:0", pair="<bos>:0 $A:0 <bos>:1 $B:1", special_tokens=[("<bos>", bos)])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    save("gemma", tokenizer, {"tokenizer_class": "GemmaTokenizer", "bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>", "pad_token": "<pad>"}, "gemma3_text")


def train_clip():
    """Pieces with a suffix at the end of a word, unknown characters."""
    tokenizer = tokenizers.Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator([line for line in CORPUS if line.isascii()], trainers.BpeTrainer(vocab_size=350, special_tokens=["<unk>", "<s>"], end_of_word_suffix="</w>"))
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    save("clip", tokenizer, {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "<unk>", "bos_token": "<s>"}, "clip")


def train_wordlevel():
    tokenizer = tokenizers.Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(CORPUS, trainers.WordLevelTrainer(vocab_size=300, special_tokens=["[UNK]", "[CLS]", "[SEP]"]))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    save("wordlevel", tokenizer, {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]"}, "wordlevel")


def deberta():
    """DeBERTa-v2's layout, with XLM-RoBERTa's small model."""
    os.makedirs(FOLDERS + "deberta", exist_ok=True)
    shutil.copy(FOLDERS + "xlmr/sentencepiece.bpe.model", FOLDERS + "deberta/spm.model")
    write_json(FOLDERS + "deberta/tokenizer_config.json", {"tokenizer_class": "DebertaV2Tokenizer", "unk_token": "<unk>"})
    write_json(FOLDERS + "deberta/config.json", {"model_type": "deberta-v2"})


def save(name, tokenizer, settings, model_type):
    os.makedirs(FOLDERS + name, exist_ok=True)
    tokenizer.save(FOLDERS + name + "/tokenizer.json", pretty=False)
    write_json(FOLDERS + name + "/tokenizer_config.json", settings)
    write_json(FOLDERS + name + "/config.json", {"model_type": model_type})


GENERIC = {"tokenizer_class": "PreTrainedTokenizerFast"}


def cut(*parts):
    return {"pre_tokenizer": {"type": "Sequence", "pretokenizers": list(parts)}}


def norm(*parts):
    return {"normalizer": {"type": "Sequence", "normalizers": list(parts)}}


def split(expression, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: expression}, "behavior": behavior, "invert": invert}


RAW = {**BYTES, "use_regex": False}
BLANK = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}


def descriptions():
    """name, folder, changes of tokenizer.json, settings, changes of config.json, and whether a class is named."""
    plain = lambda kind, **more: {"type": kind, **more}
    out = []

    def add(name, folder, patch=None, settings=None, config=None, named=False, renamed=None):
        out.append((name, folder, patch, {**({} if named else GENERIC), **(settings or {})}, config, named, renamed))

    # What people fine-tune.
    add("qwen2", "llama3", {**norm(plain("NFC")), **cut(split(QWEN2), RAW), "model": {"ignore_merges": False}})
    add("qwen2 class", "gpt2-json", None, {"tokenizer_class": "Qwen2Tokenizer"}, {"model_type": "qwen3"}, named=True)
    add("qwen2 misnamed", "gpt2-json", None, {"tokenizer_class": "PreTrainedTokenizerFast"}, {"model_type": "qwen2"}, named=True)
    add("qwen2 files", "gpt2", None, {"tokenizer_class": "Qwen2TokenizerFast", "add_prefix_space": True}, {"model_type": "qwen2"}, named=True)
    add("gpt-neox class", "gpt2-json", None, {"tokenizer_class": "GPTNeoXTokenizerFast", "add_bos_token": True}, {"model_type": "gpt_neox"}, named=True)
    add("olmo2", "llama3", {**norm(plain("NFC")), "post_processor": None}, {"tokenizer_class": "GPT2Tokenizer"}, {"model_type": "olmo2"}, named=True)
    add("modernbert", "gpt2-json", {**norm(plain("NFC")), "pre_tokenizer": {**BYTES, "trim_offsets": True}, "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}], "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [1100], "tokens": ["<|endoftext|>"]}}}})
    add("llama3", "llama3")
    add("gpt-4", "llama3", cut(split(CL100K), RAW))
    add("gpt-4o", "llama3", cut(split(O200K), RAW))
    add("deepseek", "llama3", cut(*DEEPSEEK, RAW))
    add("removed inverted", "llama3", cut(split(LLAMA3, "Removed", True), RAW))
    add("gemma", "gemma")
    add("gemma class", "gemma", None, {"tokenizer_class": "GemmaTokenizerFast"}, named=True)
    add("mistral", "gemma", {**norm(plain("Prepend", prepend="\u2581"), plain("Replace", pattern={"String": " "}, content="\u2581")), "pre_tokenizer": None, "decoder": {"type": "Sequence", "decoders": [plain("Replace", pattern={"String": "\u2581"}, content=" "), plain("ByteFallback"), plain("Fuse"), plain("Strip", content=" ", start=1, stop=0)]}}, {"tokenizer_class": "LlamaTokenizer"}, {"model_type": "mistral"}, named=True)
    add("mistral metaspace", "gemma", {"normalizer": None, "pre_tokenizer": {**BLANK, "prepend_scheme": "first", "split": False}})
    add("deberta-v3 json", "xlmr-json", {**norm(plain("Replace", pattern={"Regex": r"\s{2,}|[\n\r\t]"}, content=" "), plain("NFC"), plain("Strip", strip_left=False, strip_right=True)), **cut(BLANK)})
    add("deberta-v3 class", "xlmr", None, {"tokenizer_class": "DebertaV2Tokenizer", "unk_token": "<unk>"}, {"model_type": "deberta-v2"}, named=True, renamed={"sentencepiece.bpe.model": "spm.model"})
    add("deberta-v2 class, lower case", "xlmr", None, {"tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": True, "split_by_punct": True, "add_prefix_space": False}, {"model_type": "deberta-v2"}, named=True, renamed={"sentencepiece.bpe.model": "spm.model"})
    add("camembert class", "xlmr", None, {"tokenizer_class": "CamembertTokenizer"}, {"model_type": "camembert"}, named=True)
    add("camembert json", "xlmr-json", None, {"tokenizer_class": "CamembertTokenizer", "add_prefix_space": False}, {"model_type": "camembert"}, named=True)
    add("xlm-r class", "xlmr", None, None, None, named=True)
    add("electra", "wordpiece-json", None, {"tokenizer_class": "ElectraTokenizer"}, {"model_type": "electra"}, named=True)
    add("distilbert", "wordpiece-json", None, {"tokenizer_class": "DistilBertTokenizer"}, {"model_type": "distilbert"}, named=True)
    add("albert json", "xlmr-json", norm(plain("Replace", pattern={"String": "``"}, content='"'), plain("Replace", pattern={"String": "''"}, content='"'), plain("NFKD"), plain("StripAccents"), plain("Lowercase"), json.load(open(FOLDERS + "xlmr-json/tokenizer.json"))["normalizer"]))
    add("bloom", "smol", cut(split(r" ?[^(\s|.,!?\u2026\u3002)]+", "Isolated"), RAW))
    # Each normalizer by itself, before words that show it.
    for name, part in [
        ("NFC", plain("NFC")), ("NFD", plain("NFD")), ("NFKC", plain("NFKC")), ("NFKD", plain("NFKD")), ("Lowercase", plain("Lowercase")),
        ("StripAccents", plain("StripAccents")), ("Nmt", plain("Nmt")), ("Strip left", plain("Strip", strip_left=True, strip_right=False)),
        ("Strip", plain("Strip", strip_left=True, strip_right=True)), ("Prepend", plain("Prepend", prepend="x\u00e9")),
        ("Replace string", plain("Replace", pattern={"String": "an"}, content="\u00e9x")), ("Replace regex", plain("Replace", pattern={"Regex": r"[aeiou]+(?=\w)|\d"}, content="")),
        ("Replace between", plain("Replace", pattern={"Regex": r"(?=[A-Z])"}, content="_")), ("ByteLevel", plain("ByteLevel")),
        ("BertNormalizer", plain("BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=False)),
    ]:
        add("normalizer " + name, "gemma", {**norm(part), "pre_tokenizer": None})
        add("normalizer " + name + ", bytes", "smol", {**norm(part, plain("NFC")), "pre_tokenizer": BYTES})
    add("normalizer Precompiled in a row", "xlmr-json", norm(plain("NFD"), json.load(open(FOLDERS + "xlmr-json/tokenizer.json"))["normalizer"], plain("NFKC"), plain("StripAccents")))
    # Each pre-tokenizer and each behaviour.
    for behavior in ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]:
        for invert in [False, True]:
            add(f"Split {behavior} {invert}", "wordlevel", {**cut(split(r"[aeiou\s]", behavior, invert))})
        add(f"Split string {behavior}", "gemma", {"normalizer": None, **cut(split("a", behavior, kind="String"))})
        add(f"Punctuation {behavior}", "smol", cut(plain("Punctuation", behavior=behavior), BYTES))
    for name, expression in [
        ("word", r"\w+|[^\w\s]+"), ("border", r"\b"), ("no border", r"\B"), ("lines", r"^.|.$"), ("digits", r"\d{2}|\D\D"), ("possessive", r"(?>a|ab)c|a{1,2}+b|\p{Lu}?+\p{Ll}*+"),
        ("not", r"[^\P{L}a]+|[\S\d]"), ("case", r"(?i)in|(?-i:W)a|[k]"), ("behind", r"(?<=[aeiou])[b-df-h]|(?<!\s)e"), ("script", r"\p{Han}+|\p{^Latin}\p{Hiragana}|\p{Cyrillic}"), ("numbers", r"\x{61}|\u00e9|\x41|\h\h|\t"), ("empty", r"x*"), ("dot", r"(?m:.)\n|."),
    ]:
        add("pattern " + name, "gemma", {"normalizer": None, **cut(split(expression))})
    for name, parts in [
        ("Whitespace", [plain("Whitespace")]), ("WhitespaceSplit", [plain("WhitespaceSplit")]), ("Digits", [plain("Digits", individual_digits=True)]), ("Digits runs", [plain("Digits", individual_digits=False)]),
        ("BertPreTokenizer", [plain("BertPreTokenizer")]), ("CharDelimiterSplit", [plain("CharDelimiterSplit", delimiter="e")]), ("FixedLength", [plain("FixedLength", length=3)]),
        ("Metaspace never", [{**BLANK, "prepend_scheme": "never"}]), ("Metaspace first", [{**BLANK, "prepend_scheme": "first"}]), ("Metaspace whole", [{**BLANK, "split": False}]), ("Metaspace x", [{**BLANK, "replacement": "x"}]),
        ("Metaspace after words", [plain("Whitespace"), BLANK]), ("bytes before words", [{**BYTES, "add_prefix_space": True}, plain("Punctuation", behavior="Isolated")]),
    ]:
        add("pre-tokenizer " + name, "gemma", {"normalizer": None, **cut(*parts)})
    add("pre-tokenizer words, then bytes", "smol", cut(plain("Whitespace"), plain("FixedLength", length=4), {**BYTES, "add_prefix_space": True}))
    # Models.
    add("wordlevel", "wordlevel")
    add("clip", "clip")
    add("bpe prefix", "wordpiece-json", {"model": {"type": "BPE", "vocab": {"[UNK]": 0, "a": 1, "##a": 2, "##n": 3, "an": 4, "##d": 5, "and": 6, "n": 7, "##e": 8, "[CLS]": 9, "[SEP]": 10}, "merges": [["a", "##n"], ["an", "##d"]], "unk_token": "[UNK]", "continuing_subword_prefix": "##"}, "normalizer": None, "post_processor": None, "added_tokens": []}, {"cls_token": "[CLS]"})
    add("bpe without fallback", "gemma", {"model": {"byte_fallback": False}})
    add("bpe single unknowns", "gemma", {"model": {"byte_fallback": False, "fuse_unk": False}})
    add("bpe lost characters", "gemma", {"model": {"byte_fallback": False, "unk_token": None}})
    add("bpe whole words", "gemma", {"model": {"ignore_merges": True}, "normalizer": None, **cut(BLANK)})
    few = [["<unk>", 0.0], ["\u2581", -2.0], ["a", -3.0], ["an", -2.5], ["e", -2.2], ["\u2581th", -4.0], ["n", -3.5]]
    add("unigram bytes", "xlmr-json", {"model": {"unk_id": 0, "byte_fallback": True, "vocab": few + [[f"<0x{b:02X}>", -20.0] for b in range(256)]}, "post_processor": None, "added_tokens": []}, {"mask_token": None, "cls_token": None})
    add("unigram some bytes", "xlmr-json", {"model": {"unk_id": 0, "byte_fallback": True, "vocab": few + [[f"<0x{b:02X}>", -20.0] for b in range(100)]}, "normalizer": None, "post_processor": None, "added_tokens": []})
    add("wordpiece short words", "wordpiece-json", {"model": {"max_input_chars_per_word": 5}, "pre_tokenizer": plain("Whitespace"), "normalizer": None})
    # Added tokens and post-processors.
    flags = [("Tailor", {}), ("corner", {"single_word": True}), ("winter", {"lstrip": True}), ("mends", {"rstrip": True, "normalized": False}), ("ZÜRICH", {"normalized": True}), ("<s>", {"special": True, "normalized": False}), ("e\u0301", {"normalized": True})]
    tokens = [{"id": 5000 + i, "content": c, "single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": False, **f} for i, (c, f) in enumerate(flags)]
    add("added tokens", "gemma", {"added_tokens": tokens, **norm(plain("Lowercase"), plain("NFC"), plain("Replace", pattern={"String": " "}, content="\u2581"))})
    add("added tokens, bytes", "smol", {"added_tokens": tokens, **norm(plain("Lowercase"), plain("NFC"))})
    add("trimmed", "gemma", {"normalizer": None, **cut({**BYTES, "add_prefix_space": True}, plain("FixedLength", length=9)), "post_processor": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}})
    add("trimmed NFC", "gpt2-json", {**norm(plain("NFKC")), "pre_tokenizer": {**BYTES, "add_prefix_space": True}, "post_processor": {"type": "RobertaProcessing", "sep": ["<|endoftext|>", 1100], "cls": ["<|endoftext|>", 1100], "trim_offsets": True, "add_prefix_space": True}})
    # Decoders.
    add("no decoder", "gemma", {"decoder": None})
    add("decoder WordPiece", "gemma", {"decoder": plain("WordPiece", prefix="\u2581", cleanup=False)})
    add("decoder Metaspace", "gemma", {"decoder": {**BLANK}})
    add("decoder Strip", "gemma", {"decoder": plain("Strip", content="e", start=1, stop=0)})
    add("decoder regex", "gemma", {"decoder": {"type": "Sequence", "decoders": [plain("Replace", pattern={"Regex": r"\u2581+|\d"}, content=" "), plain("ByteFallback")]}})
    return out


def loses(copy):
    """Whether a byte-level vocabulary lacks something of a text: the reference's offsets then fall behind."""
    whole = json.load(open(copy + "/tokenizer.json")) if os.path.exists(copy + "/tokenizer.json") else None
    if not whole or whole["model"]["type"] != "BPE" or whole["model"].get("unk_token") or whole["model"].get("byte_fallback"):
        return lambda tokenizer, text: False
    known = {c for entry in whole["model"]["vocab"] for c in entry if len(entry) == 1}

    def lost(backend, text):
        if backend.normalizer is not None:
            text = backend.normalizer.normalize_str(text)
        pieces = backend.pre_tokenizer.pre_tokenize_str(text) if backend.pre_tokenizer is not None else [(text, None)]
        return any(c not in known for piece, _ in pieces for c in piece)

    return lost


def digits(values):
    return f"{fnv(values) & 0xFF:02x}"


def scalars():
    """Normal forms, classes and patterns over every Unicode scalar value, sixty-four to a text; a blank before every piece shows the cuts."""
    shown = {**BYTES, "add_prefix_space": True, "use_regex": False}
    plain = lambda kind, **more: {"type": kind, **more}
    patches = [(name, {**norm(plain(name)), **cut(shown)}) for name in ["NFC", "NFD", "NFKC", "NFKD"]]
    patches += [(name, cut(part, shown)) for name, part in [("Whitespace", plain("Whitespace")), ("Punctuation", plain("Punctuation", behavior="Isolated")), ("Qwen2", split(QWEN2))]]
    patches += [(expression, cut(split(expression), shown)) for expression in [r"\w", r"[^\s\d]+", r"\b", *(rf"\p{{{c}}}+" for c in ["Lu", "M", "N", "P", "S", "Han"]), O200K]]
    values = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    texts = ["".join(f"a{c}1 " for c in values[i : i + 64]) for i in range(0, len(values), 64)]
    out = []
    for name, patch in patches:
        whole = merged(json.load(open(FOLDERS + "gpt2-json/tokenizer.json")), patch)
        state = fnv([])
        for encoding in tokenizers.Tokenizer.from_str(json.dumps(whole)).encode_batch_fast(texts, add_special_tokens=False):
            state = fnv(encoding.ids, fnv([-1], state))
        out.append({"name": name, "tokenizer_json": patch, "checksum": str(state)})
        print(name, flush=True)
    write_json(ROOT + "scalars.json", out)


def main():
    if "scalars" in parts:
        return scalars()
    if train_anew or not os.path.exists(FOLDERS + "gemma"):
        train_gemma()
        train_clip()
        train_wordlevel()
        deberta()
    found = []
    for name, folder, patch, settings, config, named, renamed in descriptions():
        copy = base.with_settings(FOLDERS + folder, settings)
        if config:
            write_json(copy + "/config.json", merged(json.load(open(copy + "/config.json")), config))
        if patch:
            write_json(copy + "/tokenizer.json", merged(json.load(open(copy + "/tokenizer.json")), patch))
        for old, new in (renamed or {}).items():
            os.rename(copy + "/" + old, copy + "/" + new)
        tokenizer = AutoTokenizer.from_pretrained(copy) if named else transformers.PreTrainedTokenizerFast.from_pretrained(copy)
        backend = tokenizer.backend_tokenizer
        backend.no_truncation()
        backend.no_padding()
        lost = loses(copy)
        bert = "BertNormalizer" in json.dumps((patch or {}).get("normalizer", ""))
        item = {"name": name, "folder": folder, "settings": settings} | ({"tokenizer_json": patch} if patch else {}) | ({"config": config} if config else {}) | ({"renamed": renamed} if renamed else {})
        item |= {"ids": "", "spans": "", "decoded": ""}
        state = fnv([])
        panics = []
        for text in TEXTS:
            try:
                encoding = backend.encode(text, add_special_tokens=False)
            except BaseException as error:  # a panic of the library is no Exception
                if "PanicException" not in type(error).__name__:
                    raise
                panics.append((name, text[:40]))
                for key in ["ids", "spans", "decoded"]:
                    item[key] += "--"
                continue
            state = fnv(encoding.ids, fnv([-1], state))
            item["ids"] += digits(encoding.ids)
            wrong = lost(backend, text) or (base.reorders(text) and (bert or folder == "wordpiece-json"))
            item["spans"] += "--" if wrong else digits([x for span in encoding.offsets for x in span])
            decoded = tokenizer.decode(encoding.ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
            item["decoded"] += digits(decoded.encode())
        item["checksum"] = str(state)
        first, second = tokenizer("a b", "c d"), tokenizer("a b")
        item["pair"], item["single"] = first["input_ids"], second["input_ids"]
        item["types"] = first.get("token_type_ids")
        item["special"] = {role: getattr(tokenizer, role + "_id") for role in ["bos_token", "eos_token", "unk_token", "pad_token", "mask_token"]}
        found.append(item)
        shutil.rmtree(copy)
        print(name, *panics, flush=True)
    with open(ROOT + "described.json", "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(item, separators=(",", ":")) for item in found) + "\n]\n")


if __name__ == "__main__":
    main()

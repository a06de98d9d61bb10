"""Writes Tests/Fixtures/tokenizers: small tokenizer folders trained here, and what the reference libraries make of texts.

`folders/<name>/`       a checkpoint folder's tokenizer files
`texts.json`            hard strings
`cases/<name>.json`     settings of a folder, and ids and byte spans of each of them
`unicode.json`          checksums over every Unicode scalar value
`files.json`            per real tokenizer, a checksum of all ids of each file of the shared data
`truncation.json`       token counts kept by longest-first truncation
`windows/<name>.json`   pairs cut into overlapping windows, with offsets in characters
`joint.json`            contexts and continuations encoded together
`borders.json`          texts on which two rules that are easily taken for each other differ
`squad.json`            per tokenizer, a checksum of ids and character offsets of all contexts of SQuAD's dev file

The part `real:FOLDER` writes nothing: it compares the ids of a real tokenizer, of all hard strings and of every text file of the
shared data, through .build/release/tokenizer-speed.

Needs transformers==5.23.0, tokenizers==0.23.3, sentencepiece==0.2.3.
Run from the package root: python Tools/make_tokenizer_fixtures.py [SHARED_DATA [train] [cases] [unicode] [files] [squad] [real:FOLDER]]
(default: ../shared/data and all parts). Training is not deterministic: after `train`, run `cases` and `unicode` too.
"""

import glob
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unicodedata

import sentencepiece
import tokenizers
import transformers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers
from sentencepiece import sentencepiece_model_pb2
from transformers import AutoTokenizer

ROOT = "Tests/Fixtures/tokenizers/"
SHARED = sys.argv[1] if len(sys.argv) > 1 else "../shared/data"
FOLDERS = ROOT + "folders/"
os.environ["TOKENIZERS_PARALLELISM"] = "true"

assert transformers.__version__ == "5.23.0" and tokenizers.__version__ == "0.23.3"
assert sentencepiece.__version__ == "0.2.3"
transformers.logging.set_verbosity_error()

# Written for this file; the vocabularies below are trained on it and nothing else.
CORPUS = """
The old tailor on the corner mends coats in winter and sails in summer. Nobody knows how he learned both trades.
She didn't say that she'd come, but we're sure they've heard; I'm told he'll bring his dog's favourite blanket.
A train of 12 wagons left at 07:45 and reached the harbour 3,250 metres away at 8 o'clock, said the report.
"Was it raining?" asked the inspector. "It rained (a little) until noon - then it stopped," replied the witness.
Optimizers with low-rank projections keep fewer numbers; the gradient is projected, scaled and projected back.
Der Müller mahlt das Korn, während die Bäckerin über die Straße läuft. Größe und Gewicht sind nicht wichtig.
Le garçon a mangé une crêpe à l'école, puis il est rentré chez lui où sa mère préparait un dîner très simple.
El niño pequeño soñaba con montañas y ríos; su abuela le contaba cuentos de otros años y otros lugares.
Мельник мелет зерно, а пекарь идёт через улицу. Ничего особенного сегодня не случилось, и это хорошо.
这个城市有很多图书馆和公园。我们明天去海边散步。今天的天气很好，所以大家都很高兴。
東京の駅で友達を待っています。電車は少し遅れましたが、問題はありません。
나는 오늘 아침에 커피를 마셨다. 친구는 도서관에서 책을 읽고 있다.
הילד הלך לבית הספר בבוקר. الطفل ذهب إلى المدرسة في الصباح.
x = [i ** 2 for i in range(10) if i % 2 == 0]; print(f"{x!r}\\t{len(x)}")  # squares & more: <a href="#">link</a>
naïve café résumé coöperate façade jalapeño Zürich Ångström œuvre smörgåsbord déjà-vu
un-believ-able un happi ness run running runner walk walked walking talk talked talking play player played
""".strip().split("\n")

# The Unicode property White_Space; str.isspace() has four more.
WHITE_SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

HARD = [
    "", " ", "   ", "\t", "\n", "a", "A", ".", "...", "!?", "hello world", "Hello, World!", " leading", "trailing ",
    "two  blanks", "tab\tin\tthe middle", "line\nbreak\r\nand\rreturn", "a\u0000b", "\u0000", "\u0000\u0000x",
    "nbsp\u00a0and\u2003em\u3000wide\u200bzero\u2028line\u2029para\u0085nel", "\ufeffbom first", "mid\ufeffbom",
    "soft\u00adhyphen", "bell\u0007 vt\u000b ff\u000c esc\u001b del\u007f c1\u0090", "repl\ufffdacement", "\ufffe\uffff\U0010ffff",
    "private \ue000\U000f0000 use", "unassigned \u0378 \u0530 \U000e0080",
    "café cafe\u0301 CAFÉ CAFE\u0301", "e\u0301\u0327 e\u0327\u0301 \u1e1d", "\u0301alone", "a\u0300\u0301\u0302\u0303\u0304b",
    "Ångström \u212bngstr\u00f6m \u212a\u2126", "İstanbul ısı I\u0307 i\u0307", "ΌΣΟΣ όσος ΣΑΣ", "ẞtraße STRASSE ß", "ﬁre oﬃce ﬂow",
    "ǅ ǆ Ǆ ŉ", "½ ² ³ ₂ ① Ⅷ ⅷ ㎏ ｱ ﾊﾟ ＡＢＣ１２３！", "Việt Nam: ậ ở ữ đ Đ", "Zażółć gęślą jaźń", "ελληνικά Ἀθῆναι ᾳ", "Ёлка й и\u0306",
    "हिन्दी में पाठ", "தமிழ் எழுத்து", "ภาษาไทย ำ น้ำ", "བོད་ཡིག", "မြန်မာ", "ქართული ᲐᲑ ა", "ᎣᏏᏲ ꭰ", "አማርኛ", "𐐀𐐨 𞤀𞤢 𝒜𝓫𝟘 𝐇𝐞𝐥𝐥𝐨",
    "עברית עם נִקּוּד", "العربية مَعَ تَشْكِيل ﷺ ﻻ", "mixed עברית and English 123", "\u202eright\u202c \u200fmark\u200e",
    "这很简单。中文English混合", "東京タワー ｶﾀｶﾅ が か\u3099", "한국어 \u1112\u1161\u11ab 각 \u3131", "\u3400\u4dbf\u4dc0\u9fff\uf900\ufa0e\U00020000\U0002a6df\U0002b740\U0002b920\U0002f800",
    "😀 😃😄 👍🏽 👩\u200d👩\u200d👧\u200d👦 🇩🇪 ❤\ufe0f ☺ 1\ufe0f\u20e3", "🤷🏾‍♂️!", "emoji😀inside", "a😀b 😀😀😀",
    "it's I'm you're we've they'll he'd IT'S don'T 'tis ''quoted'' ``quoted''", "'s't're've'm'll'd", "`` '' ` ' \" ``''",
    "3.14 1,000,000 2024-01-31 10:45pm 100% $5.00 €7 £8 9,", "a1b2 c3 4d 1st 2nd", "http://example.org/a?b=c&d=e#f user@example.org",
    "C++ C# f(x)=x^2 a->b {}[]<>|\\~_=+*&^%$#@", "snake_case camelCase kebab-case", "----- ===== ~~~~~ *****",
    "[CLS] [SEP] [MASK] [PAD] [UNK]", "x[SEP]y [sep] [SEP [SEP]]", "[ CLS ]  [MASK]  z", "[MASK].", "a [MASK]b",
    "<s> </s> <unk> <pad> <mask>", "x<s>y</s>z", "a <mask> b <mask>.", "<|endoftext|>", "a<|endoftext|>b <|endoftext|> c",
    "##ing ## # a##b", "▁under▁score ▁", "Ġ Ċ ġ ĉ", "<0x0A> <0xFF>", "unbelievablehappiness", "runner's running-runs",
    "a" * 100, "a" * 101, "é" * 100, "e\u0301" * 101, "x" * 10000, "ab" * 5000, "word " * 400, "中" * 300, "😀" * 200, "\u0301" * 300,
    "  \t\n  ", "a \n b", "a  \n\n  b  ", "   x", "x   ", "x    y", "\n\n\n", " \u3000 x", "a\u00a0", "\u00a0a", "...\n...", " . . .",
    "\u0345\u0334a\u0334\u0345", "a\u302e\u0334\u1b44b", "\U0001d165\U0001d16e\u0301\u0f71\u0f72", "\u0344 \u0340 \u0958 \u2126 \u1fc1", "a\u08d4\u0334b",
    "\u1e9e\u0130\u01c5\u1f88\U00010400\U00016e40", "\u10a0\u2c00\ua640\uff21", "A\u030a\u0041\u0323\u030a",
]


def random_strings():
    """Mixtures that no one would write, from a fixed seed."""
    rng = random.Random(20)
    pool = [c for text in HARD if len(text) < 400 for c in text] + [" "] * 40 + list("etaoinshrdluETAOIN.,'") * 4
    pool += [chr(rng.choice([0x300, 0x900, 0x1100, 0x3040, 0xAC00, 0x1F600, 0x1D165, 0x8D4]) + rng.randrange(80)) for _ in range(150)]
    pool = [c for c in pool if not 0xD800 <= ord(c) < 0xE000]
    return ["".join(rng.choice(pool) for _ in range(rng.randrange(1, 60))) for _ in range(150)]


def fnv(ids, state=0xCBF29CE484222325):
    """FNV-1a over 32-bit words."""
    for i in ids:
        state = ((state ^ (i & 0xFFFFFFFF)) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return state


def byte_spans(text, spans):
    """Character offsets to UTF-8 byte offsets."""
    at = [0]
    for c in text:
        at.append(at[-1] + len(c.encode()))
    return [[at[a], at[b]] for a, b in spans]


def write_json(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


def write_text(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


# Training -----------------------------------------------------------------------------------------------------------


def train_wordpiece():
    tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    lower = [line.lower() for line in CORPUS]
    plain = ["".join(c for c in unicodedata.normalize("NFD", line) if unicodedata.category(c) != "Mn") for line in lower]
    tokenizer.train_from_iterator(CORPUS + lower + plain, trainers.WordPieceTrainer(vocab_size=1500, special_tokens=special, min_frequency=1))
    vocab = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    # Pieces whose matching is a trap: a mark alone, a long word, a word inside another.
    words = [token for token, _ in vocab] + ["a" * 100, "##" + "a" * 99, "##\u0301", "\u0301", "i\u0307"]
    words = list(dict.fromkeys(words))
    write_text(FOLDERS + "wordpiece/vocab.txt", "".join(word + "\n" for word in words))
    write_json(FOLDERS + "wordpiece/tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": True})
    write_json(FOLDERS + "wordpiece/config.json", {"model_type": "bert"})
    reloaded = AutoTokenizer.from_pretrained(FOLDERS + "wordpiece")
    os.makedirs(FOLDERS + "wordpiece-json", exist_ok=True)
    reloaded.backend_tokenizer.enable_truncation(7)
    reloaded.backend_tokenizer.enable_padding(length=16)
    reloaded.backend_tokenizer.save(FOLDERS + "wordpiece-json/tokenizer.json", pretty=False)
    write_json(FOLDERS + "wordpiece-json/tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"})
    write_json(FOLDERS + "wordpiece-json/config.json", {"model_type": "bert"})


def train_sentencepiece(folder, name, **options):
    os.makedirs(FOLDERS + folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        write_text(work + "/corpus.txt", "\n".join(CORPUS * 3) + "\n")
        sentencepiece.SentencePieceTrainer.train(
            input=work + "/corpus.txt", model_prefix=work + "/m", num_threads=1, minloglevel=2, hard_vocab_limit=False, **options
        )
        shutil.copy(work + "/m.model", FOLDERS + folder + "/" + name)


def train_llama():
    train_sentencepiece(
        "llama", "tokenizer.model", vocab_size=900, model_type="bpe", byte_fallback=True, normalization_rule_name="identity",
        split_digits=True, remove_extra_whitespaces=False, character_coverage=0.98, allow_whitespace_only_pieces=True,
    )
    write_json(FOLDERS + "llama/tokenizer_config.json", {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "add_eos_token": False, "bos_token": "<s>", "eos_token": {"__type": "AddedToken", "content": "</s>", "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}, "unk_token": "<unk>", "pad_token": None})
    write_json(FOLDERS + "llama/config.json", {"model_type": "llama"})
    llama_json()


def llama_json():
    """What transformers itself writes when it saves LLaMA's tokenizer: no SentencePiece model."""
    os.makedirs(FOLDERS + "llama-json", exist_ok=True)
    AutoTokenizer.from_pretrained(FOLDERS + "llama").backend_tokenizer.save(FOLDERS + "llama-json/tokenizer.json", pretty=False)
    for name in ["config.json", "tokenizer_config.json"]:
        shutil.copy(FOLDERS + "llama/" + name, FOLDERS + "llama-json/" + name)


def train_albert():
    train_sentencepiece(
        "albert", "spiece.model", vocab_size=600, model_type="unigram", normalization_rule_name="nmt_nfkc", pad_id=0, unk_id=1, bos_id=-1,
        eos_id=-1, control_symbols=["[CLS]", "[SEP]", "[MASK]"], user_defined_symbols=["(", ")", '"', "-", ".", "£"], character_coverage=0.98,
    )
    write_json(FOLDERS + "albert/tokenizer_config.json", {"tokenizer_class": "AlbertTokenizer", "do_lower_case": True, "keep_accents": False})
    write_json(FOLDERS + "albert/config.json", {"model_type": "albert"})


def train_byte_level():
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=1100, special_tokens=[], initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CORPUS, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    merges = "#version: 0.2\n" + "".join(" ".join(pair) + "\n" for pair in model["merges"])
    ordered = sorted(model["vocab"], key=model["vocab"].get)
    for name, words, settings in [
        ("gpt2", ordered + ["<|endoftext|>"], {"tokenizer_class": "GPT2Tokenizer"}),
        ("roberta", ["<s>", "<pad>", "</s>", "<unk>"] + ordered + ["<mask>"], {"tokenizer_class": "RobertaTokenizer", "mask_token": {"__type": "AddedToken", "content": "<mask>", "lstrip": True, "normalized": False, "rstrip": False, "single_word": False}}),
    ]:
        write_json(FOLDERS + name + "/vocab.json", {word: i for i, word in enumerate(words)})
        write_text(FOLDERS + name + "/merges.txt", merges)
        write_json(FOLDERS + name + "/tokenizer_config.json", settings)
        write_json(FOLDERS + name + "/config.json", {"model_type": name})
        reloaded = AutoTokenizer.from_pretrained(FOLDERS + name)
        os.makedirs(FOLDERS + name + "-json", exist_ok=True)
        reloaded.backend_tokenizer.save(FOLDERS + name + "-json/tokenizer.json", pretty=False)
        write_json(FOLDERS + name + "-json/tokenizer_config.json", {**settings, "tokenizer_class": "PreTrainedTokenizerFast"})
        write_json(FOLDERS + name + "-json/config.json", {"model_type": name})


LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def train_llama3():
    """LLaMA 3's layout: byte-level BPE with its own pattern, words that are entries kept whole, BOS from a template."""
    tokenizer = tokenizers.Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(tokenizers.Regex(LLAMA3), "isolated", invert=False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=[], initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CORPUS, trainer)
    state = json.loads(tokenizer.to_str())
    # Entries that no merge leads to, which only a look at the whole word finds.
    for word in ["\u0120unhappy", "\u0120inspector", "WALKED", "'ve", "123", "\u010a\u010a\u010a", "\u00c3\u00a9t\u00c3\u00a9"]:
        state["model"]["vocab"].setdefault(word, len(state["model"]["vocab"]))
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(state))
    names = ["<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|start_header_id|>", "<|eot_id|>"]
    tokenizer.add_special_tokens([tokenizers.AddedToken(name, special=True, normalized=False) for name in names])
    bos = tokenizer.token_to_id(names[0])
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(add_prefix_space=True, trim_offsets=False, use_regex=True),
        processors.TemplateProcessing(
            single=f"{names[0]}:0 $A:0", pair=f"{names[0]}:0 $A:0 {names[0]}:1 $B:1", special_tokens=[(names[0], bos)]),
    ])
    os.makedirs(FOLDERS + "llama3", exist_ok=True)
    tokenizer.save(FOLDERS + "llama3/tokenizer.json", pretty=False)
    write_json(FOLDERS + "llama3/tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": names[0], "eos_token": names[1], "clean_up_tokenization_spaces": True, "model_input_names": ["input_ids", "attention_mask"]})
    write_json(FOLDERS + "llama3/config.json", {"model_type": "llama"})


# A small character map in place of nmt_nfkc's, which would be most of the fixture: blanks, widths, ligatures, compositions, a
# replacement by nothing, one rule that begins another, rules of several characters.
RULES = {"\t": " ", "\n": " ", "\r": " ", "\u00a0": " ", "\u3000": " ", "\u2028": " ", "\u200b": "", "\u0007": "", "\ufb01": "fi", "\ufb03": "ffi", "\u00bd": "1\u20442",
         "\u2460": "1", "\u338f": "kg", "\uff21": "A", "\uff22": "B", "\uff11": "1", "e\u0301": "\u00e9", "E\u0301": "\u00c9", "a\u0300": "\u00e0", "\u0301": "'", "\u0130": "I",
         "\u304b\u3099": "\u304c", "\u1112\u1161\u11ab": "\ud55c", "\u212b": "\u00c5", "A\u030a": "\u00c5", "\u01c6": "d\u017e", "\u2126": "\u03a9", "\ufdfa": "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647", "\u2122": "TM"}


def train_xlmr():
    """XLM-RoBERTa's layout: a unigram model that fairseq numbers anew, and what transformers saves of it."""
    for name in ["xlmr", "xlmr-json"]:
        os.makedirs(FOLDERS + name, exist_ok=True)
        write_json(FOLDERS + name + "/tokenizer_config.json", {"tokenizer_class": "XLMRobertaTokenizer"})
        write_json(FOLDERS + name + "/config.json", {"model_type": "xlm-roberta"})
    with tempfile.TemporaryDirectory() as work:
        code = lambda text: " ".join(f"{ord(c):X}" for c in text)
        write_text(work + "/rules.tsv", "".join(f"{code(a)}\t{code(b)}\n" for a, b in RULES.items()))
        train_sentencepiece("xlmr", "sentencepiece.bpe.model", vocab_size=500, model_type="unigram", normalization_rule_tsv=work + "/rules.tsv", character_coverage=0.98)
    AutoTokenizer.from_pretrained(FOLDERS + "xlmr").backend_tokenizer.save(FOLDERS + "xlmr-json/tokenizer.json", pretty=False)


DIGITS = {"type": "Digits", "individual_digits": True}
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}


def train_smol():
    """SmolLM's layout: digits one by one, bytes that the corpus lacks have no entry."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    latin = [line for line in CORPUS if line.isascii()]
    tokenizer.train_from_iterator(latin, trainers.BpeTrainer(vocab_size=420, special_tokens=["<|endoftext|>", "<|im_start|>", "<unk>"]))
    state = json.loads(tokenizer.to_str())
    # Merges that a cut, or the loss of a byte, decides: digits side by side, and letters with a lost byte between them.
    vocab, merges = state["model"]["vocab"], state["model"]["merges"]
    for left, right in [("1", "2"), ("3", ","), ("\u0120", "1"), ("w", "x"), ("<", "x")]:
        vocab.setdefault(left, len(vocab))
        vocab.setdefault(right, len(vocab))
        vocab.setdefault(left + right, len(vocab))
        merges.append([left, right])
    os.makedirs(FOLDERS + "smol", exist_ok=True)
    tokenizers.Tokenizer.from_str(json.dumps(state)).save(FOLDERS + "smol/tokenizer.json", pretty=False)
    write_json(FOLDERS + "smol/tokenizer_config.json", {"tokenizer_class": "TokenizersBackend", "bos_token": "<|im_start|>", "eos_token": "<|endoftext|>"})
    write_json(FOLDERS + "smol/config.json", {"model_type": "llama"})


# References ---------------------------------------------------------------------------------------------------------


class Fast:
    """transformers' AutoTokenizer."""

    def __init__(self, folder):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        assert self.tokenizer.is_fast

    def batch(self, texts):
        self.tokenizer.backend_tokenizer.no_truncation()
        self.tokenizer.backend_tokenizer.no_padding()
        return [e.ids for e in self.tokenizer.backend_tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

    def one(self, text):
        self.tokenizer.backend_tokenizer.no_truncation()
        self.tokenizer.backend_tokenizer.no_padding()
        encoding = self.tokenizer.backend_tokenizer.encode(text, add_special_tokens=False)
        return encoding.ids, byte_spans(text, encoding.offsets)

    def decode(self, ids):
        return self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


class Whole(Fast):
    """The tokenizers library on a folder's tokenizer.json, whatever class the folder names."""

    def __init__(self, folder, lost=None):
        self.tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=folder + "/tokenizer.json")
        self.lost = lost

    def one(self, text):
        # The library's offsets fall behind with every byte that it leaves out.
        ids, spans = super().one(text)
        return ids, None if self.lost and self.lost(text) else spans


class Pieces:
    """The sentencepiece package, after `prepare`."""

    def __init__(self, model, prefix=None):
        proto = sentencepiece_model_pb2.ModelProto()
        proto.ParseFromString(open(model, "rb").read())
        if prefix is not None:
            proto.normalizer_spec.add_dummy_prefix = prefix
        self.processor = sentencepiece.SentencePieceProcessor(model_proto=proto.SerializeToString())

    def batch(self, texts):
        return self.processor.encode(texts)

    def one(self, text):
        ids = self.processor.encode(text)
        proto = self.processor.encode(text, return_type="proto")
        spans = [[p.begin, p.end] for p in proto.pieces]
        assert ids == [p.id for p in proto.pieces]
        return ids, spans

    def decode(self, ids):
        return self.processor.decode(ids)


class Albert(Pieces):
    """Quotes, NFKD, accents and case as transformers' AlbertTokenizer, then the sentencepiece package."""

    def __init__(self, folder):
        super().__init__(folder + "/spiece.model")
        tokenizer = AutoTokenizer.from_pretrained(folder)
        self.fast = tokenizer
        self.special = {t: tokenizer.convert_tokens_to_ids(t) for t in ["[CLS]", "[SEP]", "[MASK]", "<pad>", "<unk>"]}
        self.normalizer = normalizers.Sequence([normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()])

    def split(self, text):
        at = 0
        while at < len(text):
            found = [(text.find(t, at), -len(t), t) for t in self.special if text.find(t, at) >= 0]
            if not found:
                yield text[at:], None
                return
            start, _, token = min(found)
            if start > at:
                yield text[at:start], None
            yield token, self.special[token]
            at = start + len(token)

    def ids(self, text):
        out = []
        for part, token in self.split(text):
            if token is not None:
                out.append(token)
            else:
                out += self.processor.encode("".join(" " if c in WHITE_SPACE else c for c in self.normalizer.normalize_str(part)))
        return out

    def batch(self, texts):
        return [self.ids(text) for text in texts]

    def one(self, text):
        return self.ids(text), None


# Cases --------------------------------------------------------------------------------------------------------------


def reorders(text):
    """Whether canonical ordering moves a character. The reference then assigns offsets by position, not by character, so that
    a token gets its neighbour's; ours keeps each character's own."""
    nfd = normalizers.NFD()
    return nfd.normalize_str(text) != "".join(nfd.normalize_str(c) for c in text)


def compact(spans):
    """Spans as lengths, each from where the last ended; -1 for the last span again, [start, end] where neither holds."""
    out, last = [], [0, 0]
    for span in spans:
        out.append(-1 if out and span == last else span[1] - span[0] if span[0] == last[1] else span)
        last = span
    return out


def write_cases(path, head, found, like=None):
    """Cases, or where a similar file is named, the fields in which each differs from that one's; null for one it lacks."""
    if like is None:
        return write_json(ROOT + path, {**head, "cases": found})
    others = read_cases(os.path.dirname(path) + f"/{like}.json")
    own = [{k: c.get(k) for k in {**o, **c} if c.get(k) != o.get(k)} for c, o in zip(found, others, strict=True)]
    write_json(ROOT + path, {**head, "same_as": like + ".json"} | ({"cases": own} if any(own) else {}))
    assert read_cases(path) == [{k: v for k, v in c.items() if v is not None} for c in found]


def read_cases(path):
    """What write_cases wrote, without fields that are null."""
    file = json.load(open(ROOT + path))
    if "same_as" not in file:
        return [{k: v for k, v in c.items() if v is not None} for c in file["cases"]]
    others = read_cases(os.path.dirname(path) + "/" + file["same_as"])
    own = file.get("cases") or [{}] * len(others)
    return [{k: v for k, v in {**o, **c}.items() if v is not None} for c, o in zip(own, others, strict=True)]


def numbered(found):
    """Cases of texts `first` and `second`, with a list of the texts and their numbers in it."""
    texts = list(dict.fromkeys(c[k] for c in found for k in ("first", "second") if c[k] is not None))
    return texts, [{**c, **{k: None if c[k] is None else texts.index(c[k]) for k in ("first", "second")}} for c in found]


def cases(name, folder, reference, settings=None, decodes=True, like=None, patch=None):
    """Writes the ids, and spans where the reference has them, of the hard strings, in the order of texts.json."""
    out = []
    for text in HARD + random_strings():
        ids, spans = reference.one(text)
        if len(ids) > 200:
            case = {"count": len(ids), "checksum": str(fnv(ids))}
            if spans is not None:
                case["spans_checksum"] = str(fnv([x for span in spans for x in span]))
        else:
            case = {"ids": ids}
            if spans is not None and not reorders(text):
                case["spans"] = compact(spans)
            if decodes:
                decoded = reference.decode(ids)
                case["decoded"] = decoded == text or decoded
        out.append(case)
    head = {"folder": folder, "settings": settings or {}} | ({"tokenizer_json": patch} if patch else {})
    write_cases(f"cases/{name}.json", head, out, like)


def same_cases(name, folder, reference, settings, other):
    """Settings under which the reference gives what it gave for `other`, which is checked."""
    expected = read_cases(f"cases/{other}.json")
    for text, case in zip(HARD + random_strings(), expected, strict=True):
        ids, spans = reference.one(text)
        assert case.get("ids", ids) == ids and case.get("checksum", str(fnv(ids))) == str(fnv(ids)), (name, text)
        assert "spans" not in case or case["spans"] == compact(spans), (name, text)
        if "decoded" in case:
            assert reference.decode(ids) == (text if case["decoded"] is True else case["decoded"]), (name, text)
    write_json(ROOT + f"cases/{name}.json", {"folder": folder, "settings": settings, "same_as": other + ".json"})


def merged(value, patch):
    """A JSON value with another's members put on top, object by object; an object of another type is replaced whole."""
    if not isinstance(value, dict) or not isinstance(patch, dict) or patch.get("type", value.get("type")) != value.get("type"):
        return patch
    return {**value, **{k: merged(value.get(k), v) for k, v in patch.items()}}


def patched_cases(name, folder, patch, settings=None, like=None):
    """Cases of a folder with a changed tokenizer.json, by the tokenizers library itself."""
    copy = with_settings(FOLDERS + folder, {})
    whole = merged(json.load(open(copy + "/tokenizer.json")), patch)
    write_json(copy + "/tokenizer.json", whole)
    entries = whole["model"]["vocab"]
    known = {c for entry in entries for c in entry if len(entry) == 1}
    letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    lost = lambda text: any(c not in known for piece, _ in letters.pre_tokenize_str(text) for c in piece)
    reference = Whole(copy, lost)
    cases(name, folder, reference, settings, like=like, patch=patch)


def with_settings(folder, settings):
    """A copy of a folder with other tokenizer settings."""
    copy = tempfile.mkdtemp()
    shutil.copytree(folder, copy, dirs_exist_ok=True)
    path = copy + "/tokenizer_config.json"
    current = json.load(open(path)) if os.path.exists(path) else {}
    write_json(path, {**current, **settings})
    return copy


def encodings(name, folder, settings=None, like=None):
    """Single texts, pairs, truncation: what the model would read."""
    tokenizer = AutoTokenizer.from_pretrained(with_settings(folder, settings or {}))
    short, long = "A train left.", "The old tailor on the corner mends coats in winter and sails in summer."
    out = []
    for first, second in [(short, None), (long, None), ("", None), (short, long), (long, short), (long, long), ("", long), (long, "")]:
        for maximum in [None, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 21, 22, 40, 128]:
            arguments = {} if maximum is None else {"truncation": "longest_first", "max_length": maximum}
            batch = [first] if second is None else ([first], [second])
            encoded = tokenizer(*([batch] if second is None else batch), return_token_type_ids=True, **arguments)
            whole = tokenizer(*([batch] if second is None else batch))
            out.append({"first": first, "second": second, "maximum": maximum, "ids": encoded["input_ids"][0], "type_ids": encoded["token_type_ids"][0], "removed": len(whole["input_ids"][0]) - len(encoded["input_ids"][0])})
    special = {role: getattr(tokenizer, role) for role in ["bos_token_id", "eos_token_id", "unk_token_id", "pad_token_id", "mask_token_id"]}
    texts, out = numbered(out)
    write_cases(f"encodings/{name}.json", {"folder": os.path.basename(folder), "settings": settings or {}, "special": special, "model_reads_type_ids": "token_type_ids" in tokenizer.model_input_names, "texts": texts}, out, like)


def unicode_checksums():
    """Every scalar value between letters: what BERT's and ALBERT's normalisers make of it."""
    scalars = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    out = {"bert": [], "splits": {}, "albert": ""}
    for lower in (True, False):
        for strip in (True, False):
            for ideographs in (True, False):
                normalizer = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=ideographs, strip_accents=strip, lowercase=lower)
                state = fnv([])
                for c in scalars:
                    state = fnv(normalizer.normalize_str("a" + chr(c) + "b").encode() + b"\xff", state)
                out["bert"].append({"lowercase": lower, "strip_accents": strip, "ideographs": ideographs, "checksum": str(state)})
    albert = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()])
    state = fnv([])
    for c in scalars:  # white space is left to the pre-tokenizer there
        blank = chr(c) in WHITE_SPACE
        state = fnv((b"" if blank else albert.normalize_str("a" + chr(c) + "b").encode()) + b"\xff", state)
    out["albert"] = str(state)
    write_json(ROOT + "unicode.json", out)


def unicode_splits(names=("wordpiece", "gpt2", "llama3", "xlmr")):
    """Where words are cut around every scalar value, and the offsets."""
    out = json.load(open(ROOT + "unicode.json"))
    scalars = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    for name in names:
        tokenizer = AutoTokenizer.from_pretrained(FOLDERS + name).backend_tokenizer
        state = fnv([])
        for start in range(0, len(scalars), 20000):
            texts = ["a1" + chr(c) + "1a!" + chr(c) + " " + chr(c) for c in scalars[start : start + 20000]]
            for text, encoding in zip(texts, tokenizer.encode_batch(texts, add_special_tokens=False)):
                state = fnv([x for (i, span) in zip(encoding.ids, byte_spans(text, encoding.offsets)) for x in (i, *span)], state)
        out["splits"][name] = str(state)
    write_json(ROOT + "unicode.json", out)


def digit_splits():
    """Which scalar values Digits takes for numbers: a blank before every piece shows the cuts."""
    out = json.load(open(ROOT + "unicode.json"))
    folder = with_settings(FOLDERS + "gpt2-json", {})
    whole = merged(json.load(open(folder + "/tokenizer.json")), SHOWN_CUTS)
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(whole))
    state = fnv([])
    scalars = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    for start in range(0, len(scalars), 20000):
        texts = ["a" + chr(c) + "1" + chr(c) for c in scalars[start : start + 20000]]
        for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False):
            state = fnv(encoding.ids, fnv([-1], state))
    out["digits"] = {"folder": "gpt2-json", "tokenizer_json": SHOWN_CUTS, "checksum": str(state)}
    write_json(ROOT + "unicode.json", out)


SHOWN_CUTS = {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [DIGITS, {**BYTES, "add_prefix_space": True, "use_regex": False}]}}


def compare_real(folder):
    """A real tokenizer's ids beside the reference's: hard strings one by one, every text file of the shared data by checksum.

    `xlmr:MODEL` in place of a folder is one that has a unigram model of the shared data as XLM-RoBERTa has its own."""
    if folder.startswith("xlmr:"):
        model, folder = SHARED + "/spm/" + folder.removeprefix("xlmr:"), tempfile.mkdtemp()
        shutil.copy(model, folder + "/sentencepiece.bpe.model")
        write_json(folder + "/tokenizer_config.json", {"tokenizer_class": "XLMRobertaTokenizer"})
        write_json(folder + "/config.json", {"model_type": "xlm-roberta"})
        reference = Fast(folder)
    else:
        reference = Whole(folder)
    program = [".build/release/tokenizer-speed", folder]

    def ours(paths, *options):
        run = subprocess.run(program + [paths[0], "--checksum", *options], input="".join(p + "\n" for p in paths), capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return [line.split() for line in run.stdout.splitlines()]

    def theirs(texts):
        state, count = fnv([]), 0
        for ids in reference.batch(texts):
            state = fnv(ids, fnv([-1], state))
            count += len(ids)
        return [str(len(texts)), str(count), str(state)]

    hard = [t for t in HARD + random_strings() if "\x1e" not in t and t]
    with tempfile.TemporaryDirectory() as work:
        paths = []
        for index, text in enumerate(hard):
            paths.append(f"{work}/{index}")
            open(paths[-1], "wb").write(text.encode())
        differ = [text for text, found in zip(hard, ours(paths, "--whole"), strict=True) if found != theirs([text])]
    print("hard strings", len(hard), "differ", len(differ), *[ascii(t[:60]) for t in differ[:5]], flush=True)
    paths = sorted(p for p in glob.glob(SHARED + "/**/*", recursive=True) if p.endswith(TEXT_ENDINGS) and os.path.isfile(p))
    texts, tokens, wrong = 0, 0, []
    for path, found in zip(paths, ours(paths), strict=True):
        expected = theirs(list(texts_of(path)))
        texts, tokens = texts + int(expected[0]), tokens + int(expected[1])
        if found != expected:
            wrong.append((path, found, expected))
    print("files", len(paths), "texts", texts, "tokens", tokens, "differ", wrong, flush=True)
    assert not differ and not wrong


def real_folder(kind):
    """A folder made of the shared data's real vocabularies."""
    folder = tempfile.mkdtemp()
    if kind == "bert":
        shutil.copy(SHARED + "/tokenizers/bert-base-uncased/vocab.txt", folder + "/vocab.txt")
        write_json(folder + "/tokenizer_config.json", {"tokenizer_class": "BertTokenizer"})
        write_json(folder + "/config.json", {"model_type": "bert"})
    if kind == "gpt2":
        shutil.copy(SHARED + "/tokenizers/gpt2/encoder.json", folder + "/vocab.json")
        shutil.copy(SHARED + "/tokenizers/gpt2/vocab.bpe", folder + "/merges.txt")
        write_json(folder + "/tokenizer_config.json", {"tokenizer_class": "GPT2Tokenizer"})
        write_json(folder + "/config.json", {"model_type": "gpt2"})
    if kind == "roberta":  # the ids of fairseq's dictionary are not needed: any order of the entries cuts alike
        entries = json.load(open(SHARED + "/tokenizers/gpt2/encoder.json"))
        del entries["<|endoftext|>"]
        words = ["<s>", "<pad>", "</s>", "<unk>"] + sorted(entries, key=entries.get) + ["<mask>"]
        write_json(folder + "/vocab.json", {word: i for i, word in enumerate(words)})
        shutil.copy(SHARED + "/tokenizers/gpt2/vocab.bpe", folder + "/merges.txt")
        write_json(folder + "/tokenizer_config.json", {"tokenizer_class": "RobertaTokenizer"})
        write_json(folder + "/config.json", {"model_type": "roberta"})
    if kind == "albert":
        shutil.copy(SHARED + "/spm/albert_style_german_30k-clean.model", folder + "/spiece.model")
        write_json(folder + "/tokenizer_config.json", {"tokenizer_class": "AlbertTokenizer"})
        write_json(folder + "/config.json", {"model_type": "albert"})
    return folder


TEXT_ENDINGS = (".tsv", ".txt", ".json", ".jsonl", ".tokens", ".prefix", ".lst", ".bpe", ".md")


def texts_of(path):
    """The pieces of a file that are compared: fields between tabs and line feeds, long ones cut after 65,536 bytes at a
    character; fields that are not UTF-8 are left out."""
    for field in open(path, "rb").read().replace(b"\t", b"\n").split(b"\n"):
        while field:
            end = min(len(field), 65536)
            while end < len(field) and field[end] & 0xC0 == 0x80:
                end -= 1
            try:
                yield field[:end].decode("utf-8")
            except UnicodeDecodeError:
                pass
            field = field[end:]


def file_checksums():
    references = {
        "bert": Fast(real_folder("bert")), "gpt2": Fast(real_folder("gpt2")), "albert": Albert(real_folder("albert")),
        "llama_tokenizer": Pieces(SHARED + "/spm/llama_tokenizer.model"),
        "test_model": Pieces(SHARED + "/spm/test_model.model"), "t5_spiece": Pieces(SHARED + "/spm/t5_spiece.model"),
        "tinystories_tok512": Pieces(SHARED + "/spm/tinystories_tok512.model"),
    }
    paths = sorted(p for p in glob.glob(SHARED + "/**/*", recursive=True) if p.endswith(TEXT_ENDINGS) and os.path.isfile(p))
    out = {name: [] for name in references}
    for path in paths:
        texts = list(texts_of(path))
        for name, reference in references.items():
            state, count = fnv([]), 0
            for ids in reference.batch(texts):
                state = fnv(ids, fnv([-1], state))
                count += len(ids)
            out[name].append({"file": os.path.relpath(path, SHARED), "texts": len(texts), "tokens": count, "checksum": str(state)})
        print(path, len(texts), flush=True)
    write_json(ROOT + "files.json", out)


QUESTION = "Who mends coats in winter, and what does the naïve café owner say?"
DOCUMENT = (
    "The old tailor on the corner mends coats in winter and sails in summer. \"Nobody knows,\" says the café's owner, 'how he "
    "learned both trades'... 这个城市有很多图书馆。 In 1987\u00a0he paid $3.50 – not £4 – for cafe\u0301 au lait 😀 👩\u200d👧. Ångström\tand "
    "Straße, 3,250 metres; הילד הלך לבית הספר.  Two  blanks, and a last word:\nunbelievablehappiness"
)


def windows(name, folder):
    """Pairs whose second text is cut into overlapping windows."""
    tokenizer = AutoTokenizer.from_pretrained(FOLDERS + folder)
    out = []
    if name == "albert":
        # Without the model's user-defined symbols, around which transformers has other pieces than the sentencepiece package.
        document = "".join(c for c in DOCUMENT if c not in "().-\"\u00a3\u2013\u4eba")
        pieces = Albert(FOLDERS + folder)
        for text in [document, QUESTION, document * 2]:
            assert pieces.ids(text) == tokenizer(text, add_special_tokens=False)["input_ids"], text
    else:
        document = DOCUMENT
    short = "It rained" if name == "albert" else "It rained."
    for first, second in [(QUESTION, document), (QUESTION, short), (QUESTION, ""), ("", document), ("naïve?", document * 2)]:
        base = len(tokenizer([first], [""])["input_ids"][0])  # a batch, in which an empty text is a text
        total = len(tokenizer([first], [second])["input_ids"][0])
        for room, stride in [(1, 0), (5, 0), (5, 4), (16, 7), (30, 10), (30, 29), (64, 32), (total - base - 1, 1), (total - base, 3), (500, 128)]:
            if room <= stride:
                continue
            encoded = tokenizer([first], [second], truncation="only_second", max_length=base + room, stride=stride, return_overflowing_tokens=True, return_offsets_mapping=True, return_token_type_ids=True)
            case = {"first": first, "second": second, "maximum": base + room, "stride": stride, "count": len(encoded["input_ids"])}
            sums = fnv([])
            for i in range(case["count"]):
                sequences = [-1 if s is None else s for s in encoded.sequence_ids(i)]
                flat = [x for span in encoded["offset_mapping"][i] for x in span]
                for part in [encoded["input_ids"][i], sequences, flat, encoded["token_type_ids"][i] if "token_type_ids" in tokenizer.model_input_names else []]:
                    sums = fnv([-2, *part], sums)
            case["checksum"] = str(sums)
            if room == 30 and stride == 10:
                case["ids"] = encoded["input_ids"]
                case["spans"] = [compact([list(span) for span in spans]) for spans in encoded["offset_mapping"]]
            out.append(case)
    texts, out = numbered(out)
    write_json(ROOT + f"windows/{name}.json", {"folder": folder, "texts": texts, "cases": out})


def joint():
    """`_encode_pair` of lm-evaluation-harness over the reference tokenizers."""
    contexts = ["The old tailor", "The old tailor ", "The old tailor  \n\t", "Question: who mends coats?\nAnswer:", "Question: who mends coats?\nAnswer: ", "un", "x", "", "naïve caf", "这个城市", "😀 ", "a\u00a0\u3000", "a\x1c\x1f ", "Nobody knows how he learn", "mid\u200b"]
    continuations = [" mends coats in winter.", "mends coats", "happiness", " yes", "yes", "é au lait", "有很多图书馆", " 😀😀", "\n", "ed both trades", " ", "a"]

    def pair(encode, context, continuation):
        blanks = len(context) - len(context.rstrip())
        if blanks:
            continuation = context[-blanks:] + continuation
            context = context[:-blanks]
        return encode(context), encode(context + continuation)

    processor = sentencepiece.SentencePieceProcessor(model_file=FOLDERS + "llama/tokenizer.model")
    gpt2 = AutoTokenizer.from_pretrained(FOLDERS + "gpt2")
    llama3 = AutoTokenizer.from_pretrained(FOLDERS + "llama3")
    out = []
    for folder, encode, prefix in [
        ("llama", processor.encode, processor.bos_id()),
        ("gpt2", lambda text: gpt2(text, add_special_tokens=False)["input_ids"], gpt2.eos_token_id),
        ("llama3", lambda text: llama3(text, add_special_tokens=False)["input_ids"], llama3.bos_token_id),
    ]:
        cases = []
        for context in contexts:
            for continuation in continuations:
                before, whole = pair(encode, context, continuation)
                if not context.rstrip():
                    before, whole = [prefix] + before, [prefix] + whole
                cases.append({"context": context, "continuation": continuation, "context_ids": before, "whole": whole, "continuation_ids": whole[len(before):]})
        out.append({"folder": folder, "bos": prefix if folder != "gpt2" else None, "cases": cases})
    write_json(ROOT + "joint.json", out)


def squad():
    """Ids and character offsets of every context and question of SQuAD's dev file."""
    data = json.load(open(SHARED + "/squad/dev-v1.1.json"))["data"]
    paragraphs = [p for article in data for p in article["paragraphs"]]
    texts = [p["context"] for p in paragraphs] + [q["question"] for p in paragraphs for q in p["qas"]]
    out = {}
    for kind in ["bert", "gpt2", "roberta", "albert"]:
        folder = real_folder(kind)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        pieces = Albert(folder) if kind == "albert" else None
        state, tokens, differ = fnv([]), 0, []
        for index, text in enumerate(texts):
            encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
            ids, spans = encoded["input_ids"], encoded["offset_mapping"]
            if pieces and pieces.ids(text) != ids:
                # The pieces are those of the sentencepiece package; where transformers has others, so are its offsets.
                differ.append(index)
                continue
            state = fnv([x for i, (a, b) in zip(ids, spans) for x in (i, a, b)], fnv([-1], state))
            tokens += len(ids)
        out[kind] = {"texts": len(texts), "tokens": tokens, "checksum": str(state), "differ": differ}
        print(kind, len(texts), tokens, len(differ), flush=True)
    write_json(ROOT + "squad.json", out)


def truncation():
    """The library's own truncation over token counts, observed through a one-word-one-token tokenizer."""
    tokenizer = tokenizers.Tokenizer(models.WordLevel({"a": 0, "b": 1}, unk_token="a"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    out = []
    for room in [1, 2, 3, 4, 5, 6, 7, 10, 11]:
        tokenizer.enable_truncation(room, strategy="longest_first")
        for first in range(0, 13):
            for second in range(0, 13):
                ids = tokenizer.encode(" ".join("a" * first), " ".join("b" * second)).ids
                out.append([room, first, second, ids.count(0), ids.count(1)])
    write_json(ROOT + "truncation.json", out)


def borders():
    """Ids where a rule's border lies: pairs that went stale in a long word, equal paths, a rule that begins with a blank, added
    tokens that only tokenizer.json has."""
    rng = random.Random(31)
    letters = "".join(CORPUS[:5]).replace(" ", "")
    long = ["".join(CORPUS[i].split()) for i in range(len(CORPUS))] + ["".join(rng.choice(letters) for _ in range(400)) for _ in range(20)]
    ties = {"type": "Unigram", "unk_id": 3, "byte_fallback": False, "vocab": [["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0]] + [[p, -float(len(p))] for p in ["\u2581", "a", "b", "x", "ab", "ba", "xx", "xxx", "\u2581a", "aba"]]}
    only = {"added_tokens_decoder": {"1": {"content": "<|im_start|>", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}}}
    generic = {"tokenizer_class": "PreTrainedTokenizerFast"}
    copy = with_settings(FOLDERS + "xlmr-json", generic)
    whole = merged(json.load(open(copy + "/tokenizer.json")), {"model": ties})
    write_json(copy + "/tokenizer.json", whole)
    found = [
        ("gpt2", {}, None, None, Fast(FOLDERS + "gpt2"), long),
        ("llama-json", {}, None, None, Fast(FOLDERS + "llama-json"), long),
        ("xlmr-json", generic, {"model": ties}, None, Whole(copy), ["xxxxx", "ababa", "abab xx", "aaba", "baab xxxx"]),
        ("albert", {"tokenizer_class": "LlamaTokenizer"}, None, {"spiece.model": "tokenizer.model"}, Pieces(FOLDERS + "albert/spiece.model"), ["\u00b4a", "\u00a8 b", " \u00af\u00b4x", "a\u00b4 \u00b8"]),
        ("smol", only, None, None, Fast(with_settings(FOLDERS + "smol", only)), ["<|im_start|>a<unk>b<|endoftext|>"]),
    ]
    write_json(ROOT + "borders.json", [{"folder": f, "settings": s, "tokenizer_json": j, "renamed": r, "cases": [[t, reference.one(t)[0]] for t in texts]} for f, s, j, r, reference, texts in found])


def smol_cases():
    """Every form of tokenizer.json that byte-level BPE is read from, by the tokenizers library itself."""
    cut = lambda *parts: {"pre_tokenizer": {"type": "Sequence", "pretokenizers": list(parts)}}
    llama3 = {"type": "Split", "pattern": {"Regex": LLAMA3}, "behavior": "Isolated", "invert": False}
    runs = {"type": "Digits", "individual_digits": False}
    patched_cases("smol", "smol", {}, like="gpt2")
    patched_cases("smol_named", "smol", {}, {"tokenizer_class": "GPT2Tokenizer"}, like="smol")
    patched_cases("smol_unknown", "smol", {"model": {"unk_token": "<unk>"}}, like="smol")
    patched_cases("smol_fused", "smol", {"model": {"unk_token": "<unk>", "fuse_unk": True}, **cut(runs, {**BYTES, "add_prefix_space": True})}, like="smol")
    patched_cases("llama3_digits", "llama3", cut(DIGITS, llama3, {**BYTES, "use_regex": False}), like="llama3")
    patched_cases("llama3_gpt2", "llama3", cut(llama3, runs, BYTES), like="llama3")
    patched_cases("smol_prefix", "smol", cut(llama3, {**BYTES, "add_prefix_space": True, "use_regex": False}), like="smol")
    patched_cases("smol_uncut", "smol", cut({**BYTES, "use_regex": False}), like="smol")


def unigram_cases():
    """XLM-RoBERTa from its model and from tokenizer.json, and the same as tokenizer.json alone describes it."""
    cases("xlmr", "xlmr", Fast(FOLDERS + "xlmr"))
    same_cases("xlmr-json", "xlmr-json", Fast(FOLDERS + "xlmr-json"), {}, "xlmr")
    bare = {"add_prefix_space": False}
    cases("xlmr_bare", "xlmr", Fast(with_settings(FOLDERS + "xlmr", bare)), bare, like="xlmr")
    generic = {"tokenizer_class": "PreTrainedTokenizerFast"}
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": True}
    patched_cases("unigram_first", "xlmr-json", {"pre_tokenizer": metaspace}, generic, like="xlmr")
    patched_cases("unigram_whole", "xlmr-json", {"pre_tokenizer": {**metaspace, "prepend_scheme": "always", "split": False}, "normalizer": None}, generic, like="xlmr")
    added = {"added_tokens_decoder": {"502": {"content": "\ufb01re", "lstrip": False, "normalized": True, "rstrip": False, "single_word": False, "special": False}, "503": {"content": "<mask>", "lstrip": True, "normalized": False, "rstrip": False, "single_word": False, "special": True}}}
    cases("xlmr_added", "xlmr", Fast(with_settings(FOLDERS + "xlmr", added)), added, like="xlmr")
    encodings("xlmr", FOLDERS + "xlmr")
    encodings("xlmr-json", FOLDERS + "xlmr-json", like="xlmr")


def main():
    parts = sys.argv[2:] or ["train", "cases", "unicode", "files", "squad"]
    if set(parts) & {"cases", "smol-cases", "unigram-cases"}:
        HARD.extend(["in ZÜRICH, Zurich zürich", "un unhappy run un-un un", "a  <x>  b<x>y <x>", "\u00a0<x>\u3000"])
    if "train" in parts:
        shutil.rmtree(ROOT + "folders", ignore_errors=True)
        train_wordpiece()
        train_llama()
        train_albert()
        train_byte_level()
        train_llama3()
        train_smol()
        train_xlmr()
    if "xlmr" in parts:
        train_xlmr()
    if "smol" in parts:
        train_smol()
    if "llama-json" in parts:
        llama_json()
    if "llama3" in parts:
        train_llama3()
    if "cases" in parts:
        bert = [("uncased", {}), ("cased", {"do_lower_case": False}), ("accents", {"strip_accents": False}), ("ideographs", {"tokenize_chinese_chars": False}), ("cased_stripped", {"do_lower_case": False, "strip_accents": True})]
        added = {"added_tokens_decoder": {"1501": {"content": "Zürich", "lstrip": False, "normalized": True, "rstrip": False, "single_word": False, "special": False}, "1502": {"content": "un", "lstrip": False, "normalized": False, "rstrip": False, "single_word": True, "special": False}, "1503": {"content": "<x>", "lstrip": True, "normalized": False, "rstrip": True, "single_word": False, "special": True}, "1504": {"content": "<x>y", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": False}}}
        for name, settings in bert + [("added", added)]:
            like = {"uncased": None, "cased_stripped": "wordpiece_cased"}.get(name, "wordpiece_uncased")
            cases("wordpiece_" + name, "wordpiece", Fast(with_settings(FOLDERS + "wordpiece", settings)), settings, like=like)
        write_json(ROOT + "texts.json", HARD + random_strings())
        same_cases("wordpiece_json", "wordpiece-json", Fast(FOLDERS + "wordpiece-json"), {}, "wordpiece_uncased")
        cases("llama", "llama", Pieces(FOLDERS + "llama/tokenizer.model"))
        cases("llama_bare", "llama", Pieces(FOLDERS + "llama/tokenizer.model", prefix=False), {"add_prefix_space": False}, like="llama")
        cases("albert", "albert", Albert(FOLDERS + "albert"), decodes=False)
        for name in ["gpt2", "roberta"]:
            cases(name, name, Fast(FOLDERS + name), like=None if name == "gpt2" else "gpt2")
            same_cases(name + "-json", name + "-json", Fast(FOLDERS + name + "-json"), {}, name)
        cases("gpt2_prefix", "gpt2", Fast(with_settings(FOLDERS + "gpt2", {"add_prefix_space": True})), {"add_prefix_space": True}, like="gpt2")
        cases("roberta_prefix", "roberta", Fast(with_settings(FOLDERS + "roberta", {"add_prefix_space": True})), {"add_prefix_space": True}, like="gpt2_prefix")
        for name in ["wordpiece", "wordpiece-json", "albert", "gpt2", "roberta", "gpt2-json", "roberta-json"]:
            encodings(name, FOLDERS + name, like=name.removesuffix("-json") if name.endswith("-json") else None)
        cases("llama3", "llama3", Fast(FOLDERS + "llama3"), like="gpt2")
        # A folder with tokenizer.json alone whose class is named: the reference rebuilds the class around its vocabulary.
        for name, tokenizer_class, other in [
            ("wordpiece-json", "BertTokenizer", "wordpiece_uncased"), ("gpt2-json", "GPT2Tokenizer", "gpt2"),
            ("roberta-json", "RobertaTokenizer", "roberta"), ("llama3", "LlamaTokenizer", "llama3"),
        ]:
            named = {"tokenizer_class": tokenizer_class}
            same_cases(name + "_named", name, Fast(with_settings(FOLDERS + name, named)), named, other)
        for name, settings, like in [
            ("", {}, "llama"), ("_legacy", {"legacy": True}, "llama_json"), ("_bare", {"add_prefix_space": False}, "llama_bare"),
        ]:
            cases("llama_json" + name, "llama-json", Fast(with_settings(FOLDERS + "llama-json", settings)), settings, like=like)
        generic = {"tokenizer_class": "PreTrainedTokenizerFast"}
        same_cases("llama_json_whole", "llama-json", Fast(with_settings(FOLDERS + "llama-json", generic)), generic, "llama_json")
        smol_cases()
        unigram_cases()
        borders()
        encodings("llama", FOLDERS + "llama")
        encodings("llama-json", FOLDERS + "llama-json", like="llama")
        encodings("llama3", FOLDERS + "llama3")
        for name in ["wordpiece", "roberta", "albert", "gpt2", "llama3"]:
            windows(name, name)
        joint()
        encodings("gpt2_bos", FOLDERS + "gpt2", {"add_bos_token": True}, like="gpt2")
        encodings("llama_eos", FOLDERS + "llama", {"add_eos_token": True}, like="llama")
        encodings("llama_silent", FOLDERS + "llama", {"add_bos_token": False}, like="llama")
        truncation()
    if "unicode" in parts:
        unicode_checksums()
        unicode_splits()
        digit_splits()
    if "splits" in parts:
        unicode_splits()
    if "digits" in parts:
        digit_splits()
    if "borders" in parts:
        borders()
    if "unigram-cases" in parts:
        unigram_cases()
    if "smol-cases" in parts:
        smol_cases()
    for part in parts:
        if part.startswith("real:"):
            compare_real(part.removeprefix("real:"))
    if "files" in parts:
        file_checksums()
    if "squad" in parts:
        squad()


if __name__ == "__main__":
    main()

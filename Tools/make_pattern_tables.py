"""Writes Sources/Tokenization/Unicode/{Pattern,Composition}Table.swift: what regular expressions and normal forms need.

Patterns of tokenizer.json are Oniguruma's there and PCRE2's here. The two know different versions of Unicode, so the characters
that only the reference puts into a category are listed; those of scripts and of \\w are listed in whole. PCRE2 10.42 and Python 3.11
both have Unicode 14, so that Python tells what PCRE2 knows.

Needs tokenizers==0.23.3 and Python 3.11. Run from the package root: python Tools/make_pattern_tables.py
"""

import unicodedata

import tokenizers
from table_text import literal, ranges, write
from tokenizers import Regex, normalizers, pre_tokenizers

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
CATEGORIES = ["L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "Cc"]
SCRIPTS = ["Han", "Hiragana", "Katakana", "Hangul", "Bopomofo", "Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Thai", "Devanagari"]

assert tokenizers.__version__ == "0.23.3" and unicodedata.unidata_version == "14.0.0"


def kept(pre_tokenizer):
    """The characters that a pre-tokenizer does not drop."""
    out = set()
    for start in range(0, len(SCALARS), 50000):
        text = "".join(map(chr, SCALARS[start : start + 50000]))
        for piece, _ in pre_tokenizer.pre_tokenize_str(text):
            out.update(map(ord, piece))
    return out


def matched(expression):
    return kept(pre_tokenizers.Split(Regex(expression + "+"), "removed", True))


category = {c: unicodedata.category(chr(c)) for c in SCALARS}
added = {}
for name in CATEGORIES:
    theirs = matched(rf"\p{{{name}}}")
    ours = {c for c in SCALARS if category[c].startswith(name)}
    assert ours - theirs <= {0x1171E}, name  # one mark that has changed from non-spacing to spacing
    if theirs - ours:
        added[name] = theirs - ours
word = matched(r"\w")
assert matched(r"\s") == {c for c in SCALARS if category[c][0] == "Z"} | {9, 10, 11, 12, 13, 0x85}

# Rust's \w, of the Whitespace pre-tokenizer and of added tokens that must be words: between letters it is not cut off.
whitespace = pre_tokenizers.Whitespace()
rust_word = [c for c in SCALARS if len(whitespace.pre_tokenize_str("a" + chr(c) + "a")) == 1]

nfc, nfd = normalizers.NFC(), normalizers.NFD()
pairs = {}
for c in SCALARS:
    parts = unicodedata.decomposition(chr(c)).split()
    if len(parts) == 2 and not parts[0].startswith("<") and nfc.normalize_str(chr(c)) == chr(c) and nfd.normalize_str(chr(c)) != chr(c):
        pairs[tuple(int(p, 16) for p in parts)] = c

# The library's own version of Unicode lacks some marks; a mark that it knows moves before or behind another.
marks = {}
for c in SCALARS:
    k = unicodedata.combining(chr(c))
    if k and nfd.normalize_str(chr(c)) == chr(c):
        moves = nfd.normalize_str("a\u0345" + chr(c)) != "a\u0345" + chr(c) if k < 240 else nfd.normalize_str("a" + chr(c) + "\u0334") != "a" + chr(c) + "\u0334"
        if moves or c == 0x345:
            marks.setdefault(k, []).append(c)

write(
    "PatternTable",
    "Character classes of Oniguruma's patterns, as ranges of hexadecimal scalar values.",
    [
        literal("added", "Categories: the name, then the characters that Unicode 14 lacks in it.", " ".join(f"{name}:" + ranges(values).replace(" ", ",") for name, values in sorted(added.items()))),
        literal("scripts", "Scripts: the name, then all characters.", " ".join(f"{name}:" + ranges(matched(rf"\p{{{name}}}")).replace(" ", ",") for name in sorted(SCRIPTS))),
        literal("word", "Word characters (`\\\\w`) of Oniguruma.", ranges(word)),
        literal("rustWord", "Word characters (`\\\\w`) of Rust's regular expressions.", ranges(rust_word)),
    ],
)
write(
    "CompositionTable",
    "What canonical composition (NFC) needs, hexadecimal, without Hangul syllables.",
    [
        literal("pairs", "Pairs and what they become: to=first.second.", " ".join(f"{c:x}={a:x}.{b:x}" for (a, b), c in sorted(pairs.items(), key=lambda item: item[1]))),
        literal("classes", "Combining classes of all marks: class, then ranges.", " ".join(f"{k:x}:" + ranges(marks[k]).replace(" ", ",") for k in sorted(marks))),
    ],
)
print(f"{len(added)=} {len(word)=} {len(rust_word)=} {len(pairs)=} {sum(map(len, marks.values()))=}")

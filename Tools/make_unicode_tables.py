"""Writes Sources/Tokenization/Unicode/*Table.swift: the character properties that the reference tokenizers use.

The Rust library behind transformers' fast tokenizers mixes crates of different Unicode versions, so neither Swift's own
properties nor Python's unicodedata equal it. Each property is therefore asked of the library, character by character.

Needs tokenizers==0.23.3. Run from the package root: python Tools/make_unicode_tables.py
"""

import tokenizers
from table_text import literal, mapping, ranges, write
from tokenizers import normalizers, pre_tokenizers

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
HANGUL = range(0xAC00, 0xAC00 + 11172)

assert tokenizers.__version__ == "0.23.3", tokenizers.__version__


def bert(**only):
    settings = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**settings, **only})


def image(normalizer, c):
    """What becomes of one character between two neutral ones."""
    return normalizer.normalize_str("a" + chr(c) + "a")[1:-1]


def pieces(pre_tokenizer, text):
    return [piece for piece, _ in pre_tokenizer.pre_tokenize_str(text)]


clean, strip, lower = bert(clean_text=True), bert(strip_accents=True), bert(lowercase=True)
nfd, nfkd, strip_accents = normalizers.NFD(), normalizers.NFKD(), normalizers.StripAccents()
bert_split = pre_tokenizers.BertPreTokenizer()
byte_split = pre_tokenizers.ByteLevel(add_prefix_space=False)

controls = [c for c in SCALARS if image(clean, c) == ""]
whitespace = [c for c in SCALARS if len(pieces(bert_split, "a" + chr(c) + "a")) == 2]
punctuation = [c for c in SCALARS if len(pieces(bert_split, "a" + chr(c) + "a")) == 3]
canonical = {c: image(nfd, c) for c in SCALARS if c not in HANGUL and image(nfd, c) != chr(c)}
compatible = {c: image(nfkd, c) for c in SCALARS if c not in HANGUL and image(nfkd, c) != canonical.get(c, chr(c))}
nonspacing = [c for c in SCALARS if c not in canonical and c not in HANGUL and image(strip, c) == ""]
combining = [c for c in SCALARS if image(strip_accents, c) == ""]
lowered = {c: image(lower, c) for c in SCALARS if image(lower, c) != chr(c)}
# The byte-level pattern: ` ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
letters = [c for c in SCALARS if len(pieces(byte_split, "a" + chr(c) + "a")) == 1]
numbers = [c for c in SCALARS if len(pieces(byte_split, "1" + chr(c) + "1")) == 1]
spaces = [c for c in set(SCALARS) - set(letters + numbers) if len(pieces(byte_split, "!" + chr(c) + "!")) != 1]
assert sorted(spaces) == whitespace, "two notions of white space"


def reorders(text):
    return normalizers.NFD().normalize_str(text) != text


# One mark for each combining class that the library may know; reordering against them tells a character's class.
import unicodedata  # noqa: E402  (only proposes the marks; the library decides)

nonspacing_set = set(nonspacing)
marks = {}
for c in SCALARS:
    k = unicodedata.combining(chr(c))
    if k and k not in marks and c in nonspacing_set and reorders("a" + chr(c) + "\u0334") == (k > 1):
        marks[k] = c
classes = {}
for c in SCALARS:
    if c in nonspacing_set or c in canonical or c in HANGUL:
        continue
    if not (reorders("a" + chr(c) + "\u0334") or reorders("a\u0345" + chr(c))):
        continue
    above = [k for k, m in sorted(marks.items()) if reorders("a" + chr(m) + chr(c))]  # classes greater than c's
    below = [k for k, m in sorted(marks.items()) if reorders("a" + chr(c) + chr(m))]  # classes smaller
    same = [k for k in marks if k not in above and k not in below]
    assert len(same) <= 1, (hex(c), same)
    if not same:  # no non-spacing mark has this class
        same = [unicodedata.combining(chr(c))]
        assert max(below) < same[0] < min(above), hex(c)
    classes[c] = same[0]


write(
    "CategoryTable",
    "Character classes as ranges of hexadecimal scalar values.",
    [
        literal("controls", "Dropped by BERT's cleaning: NUL, U+FFFD, and categories Cc, Cf and Co, line breaks and tabs excepted.", ranges(controls)),
        literal("whitespace", "White space.", ranges(whitespace)),
        literal("punctuation", "ASCII punctuation and categories P*.", ranges(punctuation)),
        literal("nonspacing", "Non-spacing marks (Mn), as BERT strips them.", ranges(nonspacing)),
        literal("combining", "Combining marks (M*), as ALBERT strips them.", ranges(combining)),
        literal("letters", "Letters of the byte-level pattern.", ranges(letters)),
        literal("numbers", "Numbers of the byte-level pattern.", ranges(numbers)),
    ]
    + [
        literal(
            "reordered",
            "Combining classes of characters that are not in `nonspacing`: class, then ranges.",
            " ".join(f"{k:x}:" + ranges([c for c in classes if classes[c] == k]).replace(" ", ",") for k in sorted(set(classes.values()))),
        )
    ],
)
write("LowerCaseTable", "Lower-case mappings, hexadecimal: from=to.to.", [literal("text", "All mappings.", mapping(lowered))])
write("CanonicalTable", "Canonical decompositions (NFD), fully expanded, without Hangul syllables.", [literal("text", "All mappings.", mapping(canonical))])
write("CompatibilityTable", "Compatibility decompositions (NFKD) where they differ from the canonical ones.", [literal("text", "All mappings.", mapping(compatible))])
print(f"{len(controls)=} {len(whitespace)=} {len(punctuation)=} {len(nonspacing)=} {len(combining)=} {len(classes)=} {len(lowered)=} {len(canonical)=} {len(compatible)=} {len(letters)=} {len(numbers)=}")

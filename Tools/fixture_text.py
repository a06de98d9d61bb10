"""Text that the fixture scripts generate for themselves: sentences, labelled files in the benchmarks' formats.

Everything follows from the seed, so the same script writes the same bytes.
"""
import random

DETERMINERS = ["the", "a", "every", "some", "no", "this"]
ADJECTIVES = ["old", "quiet", "green", "naïve", "heavy", "curious", "well-known", "first", "unhappy", "café-style"]
NOUNS = ["gardener", "letter", "harbour", "window", "engineer", "river", "teacher", "lantern", "market", "violin",
         "résumé", "number", "mountain", "bottle", "neighbour", "clock"]
VERBS = ["carried", "opened", "painted", "followed", "repaired", "forgot", "measured", "described", "sold", "noticed"]
SYNONYMS = {"carried": "brought", "opened": "unlocked", "painted": "coloured", "followed": "pursued",
            "repaired": "mended", "forgot": "overlooked", "measured": "gauged", "described": "portrayed",
            "sold": "traded", "noticed": "observed"}
ADVERBS = ["yesterday", "slowly", "in 1987", "at 7:45", "with great care", "again", "for $3.50", "near the station",
           "before Monday", "(of course)"]
LINKS = ["because", "although", "and", "while", "but", "; then", ", so"]


def noun_phrase(r):
    words = [r.choice(DETERMINERS)]
    words += r.sample(ADJECTIVES, r.choice([0, 0, 1, 1, 2]))
    return words + [r.choice(NOUNS)]


def clause(r):
    words = noun_phrase(r) + [r.choice(VERBS)] + noun_phrase(r)
    return words + ([r.choice(ADVERBS)] if r.random() < 0.6 else [])


def sentence(r):
    """A list of words; one to four clauses, so lengths differ widely."""
    words = clause(r)
    for _ in range(r.choice([0, 0, 0, 1, 1, 2, 3])):
        words = words + [r.choice(LINKS)] + clause(r)
    return words


def written(words):
    text = " ".join(words).replace(" ,", ",").replace(" ;", ";")
    return text[0].upper() + text[1:] + "."


def corpus(seed, count=600):
    r = random.Random(seed)
    lines = [written(sentence(r)) for _ in range(count)]
    return lines + ["Who mended the clock?", "“No!” she said – twice.", "It's 100% true, isn't it?"] * 3


def cola_rows(seed, count):
    """CoLA: source, label, the author's mark, sentence; no header. Unacceptable: two words have changed places."""
    r = random.Random(seed)
    rows = []
    for i in range(count):
        words, label = sentence(r), int(r.random() < 0.6)
        if i % 23 == 7:
            words = [r.choice(NOUNS)]
        elif not label:
            j = r.randrange(len(words) - 2)
            words[j], words[j + 2] = words[j + 2], words[j]
        rows.append(["gen1", str(label), "" if label else "*", written(words)])
    return rows


def mrpc_rows(seed, count):
    """MRPC: header with a byte order mark; Quality, two ids, two sentences with spaced punctuation."""
    r = random.Random(seed)
    rows = [["\ufeffQuality", "#1 ID", "#2 ID", "#1 String", "#2 String"]]
    for i in range(count):
        first, label = sentence(r), int(r.random() < 0.6)
        second = [SYNONYMS.get(w, w) for w in first] if label else sentence(r)
        if label and r.random() < 0.5:
            second = [r.choice(ADVERBS), ","] + second
        spaced = lambda words: " ".join(words).replace(",", " ,").replace("  ", " ").capitalize() + " ."
        rows.append([str(label), str(1000 + 2 * i), str(1001 + 2 * i), spaced(first), spaced(second)])
    return rows


def write_tsv(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join("\t".join(row) + "\n" for row in rows).encode("utf-8"))

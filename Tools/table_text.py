"""How the scripts that ask the reference for properties of characters write Sources/Tokenization/Unicode/*Table.swift."""

import os
import sys

FOLDER = "Sources/Tokenization/Unicode/"


def ranges(values):
    out = []
    for c in sorted(values):
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return " ".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in out)


def mapping(images):
    return " ".join(f"{c:x}=" + ".".join(f"{ord(x):x}" for x in text) for c, text in sorted(images.items()))


def literal(name, comment, text):
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) + 1 > 112:
            lines.append(line)
            line = ""
        line += word + " "
    lines.append(line.rstrip())
    body = "\n".join(f"    {line}\\" for line in lines[:-1]) + ("\n" if lines[:-1] else "") + f"    {lines[-1]}"
    return f'  /// {comment}\n  static let {name}: StaticString = """\n{body}\n    """\n'


def write(name, comment, parts):
    with open(FOLDER + name + ".swift", "w", encoding="utf-8") as file:
        file.write("// Written by Tools/make_unicode_tables.py from tokenizers 0.23.3; do not edit.\n\n")
        file.write(f"/// {comment}\nenum {name} {{\n" + "\n".join(parts) + "}\n")

"""Writes Tests/Fixtures/readers: compressed files whole and broken, and what Python's csv module makes of texts.

`csv.json`        texts, and their rows by csv.reader(strict=True)
`gzip/`, `zip/`   files by Python's gzip and zipfile and by Info-ZIP's zip; the broken ones were changed byte by byte here

Needs Python 3.11 and the programs zip (Info-ZIP 3.0). Run from the package root: python Tools/make_reader_fixtures.py
"""

import csv
import gzip
import io
import json
import os
import platform
import random
import shutil
import subprocess
import tempfile
import zipfile

ROOT = "Tests/Fixtures/readers/"
TEXT = "a\t1\t\tok é\nb\t0\t*\tis not\n".encode() * 3


def csv_cases():
    """Random texts of the characters that matter. Lone CRs and blank lines are left out: Python ends a row at a lone CR
    and gives no fields for a blank line, where RFC 4180 has neither rule."""
    generator = random.Random(7)
    cases, refused = [], 0
    while len(cases) < 400:
        pieces = ["a", "é", ",", '"', '""', "\n", "\r\n", '"x"', '"x,\n""y"', " ", ""]
        text = "".join(generator.choice(pieces) for _ in range(generator.randrange(1, 12)))
        rows = None
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error:
            refused += 1
            if refused % 4:
                continue
        if text.startswith("\n") or "\n\n" in text or "\n\r\n" in text or not text.strip("\r\n"):
            continue
        if rows is not None and any(not row for row in rows):
            continue
        cases.append({"text": text, "rows": rows})
    with open(ROOT + "csv.json", "w", encoding="utf-8") as file:
        json.dump({"script": "Tools/make_reader_fixtures.py", "python": platform.python_version(), "cases": cases}, file, indent=0)


def put(name, data):
    with open(ROOT + name, "wb") as file:
        file.write(data)


def gzip_files():
    whole = gzip.compress(TEXT, mtime=0)
    put("gzip/whole.tsv.gz", whole)
    put("gzip/several.tsv.gz", whole + gzip.compress(TEXT, mtime=0))
    put("gzip/cut.tsv.gz", whole[:-20])
    put("gzip/cut-end.tsv.gz", whole[:-4])
    put("gzip/checksum.tsv.gz", whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:])
    put("gzip/length.tsv.gz", whole[:-1] + b"\x01")
    put("gzip/plain.tsv.gz", TEXT)
    put("gzip/empty.tsv.gz", b"")
    put("gzip/nothing.tsv.gz", gzip.compress(b"", mtime=0))
    put("gzip/zeros.tsv.gz", gzip.compress(bytes(8 << 20), mtime=0))


def archive(members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            info.external_attr = (0o40755 << 16 if name.endswith("/") else 0o100644 << 16)
            file.writestr(info, data)
    return buffer.getvalue()


def zip_files():
    members = [("CoLA/", b""), ("CoLA/train.tsv", TEXT), ("CoLA/raw/in_domain.tsv", TEXT[:20]),
               ("__MACOSX/CoLA/train.tsv", b"attributes"), ("CoLA/é.tsv", TEXT[:9])]
    whole = archive(members)
    put("zip/deflated.zip", whole)
    put("zip/stored.zip", archive(members, zipfile.ZIP_STORED))
    put("zip/bzip2.zip", archive(members, zipfile.ZIP_BZIP2))
    put("zip/twice.zip", archive([("a/train.tsv", TEXT), ("b/train.tsv", TEXT)]))
    put("zip/climbing.zip", archive([("CoLA/train.tsv", TEXT), ("../../train.tsv", TEXT)]))
    put("zip/empty.zip", archive([]))
    put("zip/cut.zip", whole[:-60])
    put("zip/text.zip", TEXT)
    stored = archive(members, zipfile.ZIP_STORED)
    at = stored.index(TEXT)
    put("zip/checksum.zip", stored[:at] + b"X" + stored[at + 1:])
    put("zip/zeros.zip", archive([("train.tsv", bytes(8 << 20))]))
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/train.tsv", "wb") as file:
            file.write(TEXT)
        os.utime(folder + "/train.tsv", (315619200, 315619200))
        subprocess.run(["zip", "-q", "-X", "-P", "secret", "locked.zip", "train.tsv"], cwd=folder, check=True)
        shutil.copy(folder + "/locked.zip", ROOT + "zip/locked.zip")


if __name__ == "__main__":
    for part in ("gzip", "zip"):
        os.makedirs(ROOT + part, exist_ok=True)
    csv_cases()
    gzip_files()
    zip_files()

extension Material {
  static let colaReadme = """
    # Synthetic sample, not CoLA

    `train.tsv`, `dev.tsv` and `test.tsv` are made by `demo-material` (Sources/DemoMaterial) from a grammar and a lexicon of
    our own. They have CoLA's official format: source (`demo`), label (1 acceptable), the author's mark (`*` or nothing),
    sentence; `test.tsv` has a header, then number and sentence. They hold no sentence of CoLA, and a score on them is not a
    CoLA score. Made again by `Tools/make-demo.sh samples`; do not edit.

    """

  static let mrpcReadme = """
    # Synthetic sample, not MRPC

    `train.tsv`, `dev.tsv` and `test.tsv` are made by `demo-material` (Sources/DemoMaterial) from a grammar and a lexicon of
    our own. They have MRPC's official format: a header behind a byte order mark, then label (1 equivalent), two
    identifiers, two sentences; `test.tsv` has no byte order mark, and a number in place of the label. They hold no sentence
    of MRPC, and a score on them is not an MRPC score. Made again by `Tools/make-demo.sh samples`; do not edit.

    """
}

"""Checks that neither words nor length give the CoLA sample's labels away (scikit-learn 1.x).

python Tools/check_sample.py [tasks/cola/sample]: Matthews correlation on dev of logistic regressions trained on train.
Tools/sample_formats.py reads the samples of all tasks by the rules of their formats.
Exits 1 when unigrams or length reach 0.1 in absolute value. Bigrams are reported only: they may know something.
"""
import sys
from pathlib import Path

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import matthews_corrcoef


def read(path):
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [row[3] for row in rows], [int(row[1]) for row in rows]


def lengths(texts):
    return [[len(text), len(text.split()), len(text.split()) ** 2] for text in texts]


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "tasks/cola/sample")
    train, train_labels = read(folder / "train.tsv")
    dev, dev_labels = read(folder / "dev.tsv")
    share = sum(train_labels) / len(train_labels)
    print(f"{len(train)} train, {len(dev)} dev, {share:.3f} acceptable in train")
    failed = False
    for name, ngrams in (("unigrams", (1, 1)), ("bigrams", (2, 2)), ("length", None)):
        for balance in (None, "balanced"):
            if ngrams is None:
                features, dev_features = lengths(train), lengths(dev)
            else:
                counter = CountVectorizer(token_pattern=r"[^\s.?,]+|[.?,]", ngram_range=ngrams)
                features, dev_features = counter.fit_transform(train), counter.transform(dev)
            for strength in (0.01, 0.1, 1.0):
                model = LogisticRegression(C=strength, class_weight=balance, max_iter=3000)
                model.fit(features, train_labels)
                score = matthews_corrcoef(dev_labels, model.predict(dev_features))
                print(f"{name:9} C={strength:<5} weights={balance or 'equal':9} dev MCC {score:+.3f}")
                failed |= name != "bigrams" and abs(score) >= 0.1
    sys.exit(failed)


main()

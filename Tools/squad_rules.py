"""The scoring rules of SQuAD's official evaluate-v1.1.py and evaluate-v2.0.py, as functions on lists."""
import collections, re, string


def normalize_answer(s):
    def remove_articles(text):
        return re.sub(r"\b(a|an|the)\b", " ", text)

    def white_space_fix(text):
        return " ".join(text.split())

    def remove_punc(text):
        exclude = set(string.punctuation)
        return "".join(ch for ch in text if ch not in exclude)

    return white_space_fix(remove_articles(remove_punc(s.lower())))


def f1_v1(prediction, truth):
    prediction, truth = normalize_answer(prediction).split(), normalize_answer(truth).split()
    same = sum((collections.Counter(prediction) & collections.Counter(truth)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(prediction), same / len(truth)
    return 2 * precision * recall / (precision + recall)


def score_v1(predictions, golds):
    """golds: a list of texts for each question, never empty."""
    exact = [max(float(normalize_answer(p) == normalize_answer(g)) for g in gs) for p, gs in zip(predictions, golds)]
    f1 = [max(f1_v1(p, g) for g in gs) for p, gs in zip(predictions, golds)]
    return exact, f1


def tokens_v2(s):
    return normalize_answer(s).split() if s else []


def f1_v2(gold, pred):
    gold, pred = tokens_v2(gold), tokens_v2(pred)
    same = sum((collections.Counter(gold) & collections.Counter(pred)).values())
    if len(gold) == 0 or len(pred) == 0:
        return float(gold == pred)
    if same == 0:
        return 0.0
    precision, recall = same / len(pred), same / len(gold)
    return 2 * precision * recall / (precision + recall)


def score_v2(predictions, golds):
    golds = [[g for g in gs if normalize_answer(g)] or [""] for gs in golds]
    exact = [max(float(normalize_answer(g) == normalize_answer(p)) for g in gs) for p, gs in zip(predictions, golds)]
    f1 = [max(f1_v2(g, p) for g in gs) for p, gs in zip(predictions, golds)]
    return exact, f1


def find_best_thresh(predictions, scores, null_scores, has_answer):
    current = sum(1 for has in has_answer if not has)
    best, threshold = current, 0.0
    for i in sorted(range(len(scores)), key=lambda i: null_scores[i]):
        if has_answer[i]:
            current += scores[i]
        else:
            current += -1 if predictions[i] else 0
        if current > best:
            best, threshold = current, null_scores[i]
    return best / len(scores), threshold

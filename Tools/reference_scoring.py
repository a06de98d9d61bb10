"""What the parity scripts share: official benchmark files, transformers' logits on them, our predictions files."""
import os, pathlib
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import torch
from transformers import AutoTokenizer

TASKS = {"cola": {"header": False, "text": [3], "label": 1}, "mrpc": {"header": True, "text": [3, 4], "label": 0}}


def read_examples(task, path):
    """[(texts, label)] of a labelled split. No quoting; a line with too few columns is an error."""
    t = TASKS[task]
    out = []
    for number, line in enumerate(pathlib.Path(path).read_text("utf-8-sig").split("\n"), 1):
        if not line or (number == 1 and t["header"]):
            continue
        row = line.rstrip("\r").split("\t")
        if len(row) <= max(t["text"]):
            raise SystemExit(f"{path}:{number}: {len(row)} columns")
        out.append(([row[c] for c in t["text"]], int(row[t["label"]])))
    return out


def logits(model, folder, examples, max_length, batch=64):
    """Logits [examples, labels] in file order. Batches are sorted by length, so little is padded."""
    tok = AutoTokenizer.from_pretrained(folder)
    if tok.pad_token is None:
        tok.pad_token = tok.eos_token or tok.unk_token
    model.config.pad_token_id = tok.pad_token_id
    encoded = [tok(*texts, truncation=True, max_length=max_length) for texts, _ in examples]
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]["input_ids"]))
    out = torch.zeros(len(encoded), model.config.num_labels)
    model.eval()
    with torch.no_grad():
        for s in range(0, len(order), batch):
            some = order[s:s + batch]
            out[some] = model(**tok.pad([encoded[i] for i in some], return_tensors="pt")).logits.float()
    return out


def metrics(labels, predicted):
    from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef
    return {"accuracy": accuracy_score(labels, predicted), "f1": f1_score(labels, predicted),
            "matthews_correlation": matthews_corrcoef(labels, predicted)}


def read_predictions(path):
    """A predictions file: (indices, predicted names, label names, logits [n, classes]). The logits may be one column
    of separated numbers or one column each."""
    lines = pathlib.Path(path).read_text("utf-8").rstrip("\n").split("\n")
    header = lines[0].split("\t")
    for needed in ("index", "prediction", "label"):
        if needed not in header:
            raise SystemExit(f"{path}: no column '{needed}' in the header {header}")
    columns = [i for i, h in enumerate(header) if h.startswith("logit")]
    if not columns:
        raise SystemExit(f"{path}: no column of logits in the header {header}")
    rows = [l.split("\t") for l in lines[1:]]
    if any(len(r) != len(header) for r in rows):
        raise SystemExit(f"{path}: a row has another number of columns than the header")
    numbers = [[float(x) for c in columns for x in r[c].strip("[]").replace(",", " ").split()] for r in rows]
    pick = lambda name: [r[header.index(name)] for r in rows]
    return [int(i) for i in pick("index")], pick("prediction"), pick("label"), torch.tensor(numbers, dtype=torch.float64)


def compare_predictions(path, task, reference, examples, id2label=None):
    """Differences as a list of sentences (empty: equal but for rounding), and the largest difference of a logit."""
    indices, predicted, labels, ours = read_predictions(path)
    reference = torch.as_tensor(reference, dtype=torch.float64)
    problems = []
    if len(indices) != len(examples):
        return [f"{len(indices)} predictions for {len(examples)} examples"], float("nan")
    if sorted(indices) not in (list(range(len(examples))), list(range(1, len(examples) + 1))):
        return ["the indices are not those of the file"], float("nan")
    order = sorted(range(len(indices)), key=lambda i: indices[i])
    predicted, labels, ours = [predicted[i] for i in order], [labels[i] for i in order], ours[order]
    if ours.shape != reference.shape:
        return [f"logits of shape {tuple(ours.shape)}, expected {tuple(reference.shape)}"], float("nan")
    names = sorted(set(labels) | set(predicted))
    truth, theirs = [e[1] for e in examples], reference.argmax(-1).tolist()
    mapping = {}
    for name, t in zip(labels, truth):
        if mapping.setdefault(name, t) != t:
            problems.append(f"label name '{name}' stands for two labels of the file")
            break
    unknown = [n for n in names if n not in mapping]
    if unknown:
        problems.append(f"predicted names that are no label of the file: {unknown}")
    known = {str(v): k for k, v in (id2label or {}).items()}
    for name, number in mapping.items():
        if known and int(known.get(name, -1)) != number:
            problems.append(f"the predictions call label {number} '{name}', the model's id2label does not: {id2label}")
    wrong = [i for i, (p, q) in enumerate(zip(predicted, theirs)) if mapping.get(p) != q]
    # A prediction may flip only where the two logits tie within rounding.
    wrong = [i for i in wrong if (reference[i].max() - reference[i].sort().values[-2]) > 1e-4]
    if wrong:
        problems.append(f"{len(wrong)} predictions differ, first at index {wrong[0]}")
    return problems, (ours - reference).abs().max().item()

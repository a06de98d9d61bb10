"""Scores of scikit-learn on generated predictions, for Tests/TasksTests. Writes Tests/Fixtures/metrics.json."""
import json, pathlib, random
import sklearn
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

random.seed(20240611)
cases = [([0, 0, 0], [0, 1, 1]), ([1, 1], [1, 1]), ([0, 0], [0, 0]), ([0, 1], [1, 0]), ([1, 1, 1], [0, 0, 1])]
for size, classes in ((10, 2), (97, 2), (1043, 2), (50, 3)):
    for _ in range(3):
        labels = [random.randrange(classes) for _ in range(size)]
        cases.append(([y if random.random() < 0.6 else random.randrange(classes) for y in labels], labels))
rows = [{"predictions": p, "labels": y, "accuracy": float(accuracy_score(y, p)),
         "matthews_correlation": float(matthews_corrcoef(y, p)),
         "f1": float(f1_score(y, p, zero_division=0)) if max(p + y) < 2 else None} for p, y in cases]
path = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures/metrics.json"
path.write_text(json.dumps({"script": "Tools/make_metric_fixtures.py", "scikit_learn": sklearn.__version__, "cases": rows}) + "\n")

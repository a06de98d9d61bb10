"""Where transformers' EarlyStoppingCallback ends a run. Writes Tests/Fixtures/early_stopping.json."""
import json, pathlib, types
import transformers
from transformers import EarlyStoppingCallback, TrainerControl, TrainerState

SERIES = [[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1], [0.3, 0.3, 0.3, 0.3], [0.2, 0.1, 0.3, 0.2, 0.3, 0.3, 0.1],
          [0.0, -0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.1, 0.2]]


def stop(scores, patience, greater):
    """The number of the evaluation that ends the run, from 1; None where none does."""
    args = types.SimpleNamespace(metric_for_best_model="score", greater_is_better=greater, load_best_model_at_end=True,
                                 eval_strategy="epoch")
    state, control, callback = TrainerState(), TrainerControl(), EarlyStoppingCallback(patience)
    for number, score in enumerate(scores, 1):
        # The trainer calls the callback first, and then notes the best score.
        callback.on_evaluate(args, state, control, {"eval_score": score})
        better = state.best_metric is None or (score > state.best_metric if greater else score < state.best_metric)
        state.best_metric = score if better else state.best_metric
        if control.should_training_stop:
            return number
    return None


cases = [{"scores": scores, "patience": patience, "greater_is_better": greater, "stop": stop(scores, patience, greater)}
         for scores in SERIES for patience in (1, 2, 3) for greater in (True, False)]
path = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures/early_stopping.json"
path.write_text(json.dumps({"script": "Tools/make_early_stopping_fixtures.py", "transformers": transformers.__version__,
                            "cases": cases}) + "\n")

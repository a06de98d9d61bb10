"""Rates of transformers' schedulers, for Tests/TrainingTests. Writes Tests/Fixtures/schedules.json."""
import json, pathlib
import torch, transformers

STEPS = ((0, 5), (1, 20), (6, 100), (3, 3))
# transformers' name, its arguments, and what they are called here.
CASES = [(name, {}, {}, STEPS) for name in ("linear", "cosine", "constant_with_warmup", "polynomial", "inverse_sqrt",
                                            "cosine_with_restarts")]
CASES += [("polynomial", {"power": power}, {"power": power}, STEPS[1:3]) for power in (2.0, 0.5)]
CASES += [("cosine_with_restarts", {"num_cycles": cycles}, {"cycles": cycles}, STEPS[1:3]) for cycles in (2, 3)]
CASES += [("warmup_stable_decay", {"num_decay_steps": decay}, {"decay": decay}, [steps])
          for decay, steps in ((0, STEPS[0]), (2, STEPS[1]), (19, STEPS[1]), (40, STEPS[2]), (0, STEPS[3]))]

rows = []
for name, arguments, ours, runs in CASES:
    for warm, total in runs:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2e-4)
        scheduler = transformers.get_scheduler(name, optimizer, num_warmup_steps=warm, num_training_steps=total,
                                               scheduler_specific_kwargs=arguments)
        rates = [optimizer.param_groups[0]["lr"]]
        # Not beyond the last step: a polynomial decay of no step divides by zero there.
        while len(rates) < total:
            optimizer.step()
            scheduler.step()
            rates.append(optimizer.param_groups[0]["lr"])
        rows.append({"shape": name, "warmup": warm, "total": total, "peak": 2e-4} | ours | {"rates": rates})
path = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures/schedules.json"
path.write_text(json.dumps({"script": "Tools/make_schedule_fixtures.py", "transformers": transformers.__version__, "cases": rows}) + "\n")

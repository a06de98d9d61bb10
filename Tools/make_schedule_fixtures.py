"""Rates of transformers' schedulers, for Tests/TrainingTests. Writes Tests/Fixtures/schedules.json."""
import json, pathlib
import torch, transformers

rows = []
for name in ("linear", "cosine", "constant_with_warmup"):
    for warm, total in ((0, 5), (1, 20), (6, 100), (3, 3)):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2e-4)
        scheduler = transformers.get_scheduler(name, optimizer, num_warmup_steps=warm, num_training_steps=total)
        rates = []
        for _ in range(total):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        rows.append({"shape": name.split("_")[0], "warmup": warm, "total": total, "peak": 2e-4, "rates": rates})
path = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures/schedules.json"
path.write_text(json.dumps({"script": "Tools/make_schedule_fixtures.py", "transformers": transformers.__version__, "cases": rows}) + "\n")

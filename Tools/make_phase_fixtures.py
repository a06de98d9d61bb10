"""Fixtures of ReLoRA, LISA and BAdam, whose rules are written here on their own, from the papers.

    python3 Tools/make_phase_fixtures.py

Writes Tests/Fixtures/phases/<case>.json: 12 losses of AdamW on a tiny checkpoint of Tests/Fixtures/models, and the logits
after them. Which layers LISA draws is given, since the generator of random numbers is not torch's; so are the values of
each new A of ReLoRA.
"""

import json
import math
import pathlib

import torch
import transformers

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures"
STEPS, INTERVAL, RATE, RANK, SCALING, WARMUP = 12, 4, 1e-2, 2, 1.5, 2
# What RotatingLayers draws from seed 3, layers counted from 0.
DRAWN = {"bert-tiny": [[1], [1], [2]], "llama-tiny": [[1], [1], [1]]}
TARGETS = {"bert-tiny": ["query", "output.dense"], "llama-tiny": ["q_proj", "down_proj"]}
LAYERS = {"bert-tiny": "bert.encoder.layer.", "llama-tiny": "model.layers."}
HEADS = {"bert-tiny": ("classifier", "bert.pooler"), "llama-tiny": ("score",)}


class Adam:
    """Adam with one state for each parameter, whose steps count from when it was made."""

    def __init__(self):
        self.states = {}

    def step(self, name, parameter, rate):
        gradient = parameter.grad
        state = self.states.setdefault(name, [0, torch.zeros_like(parameter), torch.zeros_like(parameter)])
        state[0] += 1
        state[1] = 0.9 * state[1] + 0.1 * gradient
        state[2] = 0.999 * state[2] + 0.001 * gradient ** 2
        mean, square = state[1] / (1 - 0.9 ** state[0]), state[2] / (1 - 0.999 ** state[0])
        with torch.no_grad():
            parameter -= rate * mean / (square.sqrt() + 1e-8)

    def prune(self, name, fraction):
        mean, square = self.states[name][1:]
        order = mean.abs().flatten().argsort(stable=True)[:int(fraction * mean.numel())]
        mean.view(-1)[order] = 0
        square.view(-1)[order] = 0


class LowRank(torch.nn.Module):
    def __init__(self, layer, a):
        super().__init__()
        self.layer = layer
        self.a = torch.nn.Parameter(a)
        self.b = torch.nn.Parameter(torch.zeros(layer.out_features, RANK))

    def forward(self, x):
        return self.layer(x) + SCALING * (x @ self.a.T) @ self.b.T


def layer_of(name, prefix):
    return int(name[len(prefix):].split(".")[0]) if name.startswith(prefix) else None


def main():
    (ROOT / "phases").mkdir(exist_ok=True)
    for checkpoint in DRAWN:
        for case in ("relora-reset", "relora-prune", "lisa", "badam"):
            torch.manual_seed(1)
            model = transformers.AutoModelForSequenceClassification.from_pretrained(
                ROOT / "models" / checkpoint, attn_implementation="eager")
            model.config.pad_token_id = model.config.pad_token_id or 0
            for module in model.modules():
                if isinstance(module, torch.nn.Dropout):
                    module.p = 0.0
            generator = torch.Generator().manual_seed(2)
            sequences = [torch.randint(5, model.config.vocab_size, (length,), generator=generator) for length in (6, 6, 6, 6)]
            ids, labels = torch.stack(sequences), torch.tensor([0, 1, 1, 0])
            heads, prefix = HEADS[checkpoint], LAYERS[checkpoint]
            adapters, given = {}, []

            def draw(layer):
                a = torch.randn(RANK, layer.in_features, generator=generator) / math.sqrt(layer.in_features)
                return torch.tensor(written(a))

            def written(a):
                return [[round(value, 4) for value in row] for row in a.tolist()]

            if case.startswith("relora"):
                for name, module in list(model.named_modules()):
                    if isinstance(module, torch.nn.Linear) and any(name.endswith("." + t) for t in TARGETS[checkpoint]):
                        # As in the program, BERT's output.dense of the attention counts too: a name is found by its end.
                        adapters[name] = LowRank(module, draw(module))
                        parent, child = name.rsplit(".", 1)
                        setattr(model.get_submodule(parent), child, adapters[name])
                given.append({name: written(adapter.a) for name, adapter in adapters.items()})
            parameters = dict(model.named_parameters())
            optimizer, losses = Adam(), []
            layers = model.config.num_hidden_layers
            model.train()
            for step in range(STEPS):
                phase, position = step // INTERVAL, step % INTERVAL
                rate = RATE
                if case.startswith("relora"):
                    trained = {name for name in parameters if name.endswith((".a", ".b")) or name.startswith(heads)}
                    if phase > 0 and position < WARMUP:
                        rate = RATE * position / WARMUP
                    if phase > 0 and position == 0:
                        with torch.no_grad():
                            for adapter in adapters.values():
                                adapter.layer.weight += SCALING * adapter.b @ adapter.a
                                adapter.a.copy_(draw(adapter.layer))
                                adapter.b.zero_()
                        given.append({name: written(adapter.a) for name, adapter in adapters.items()})
                        for name in parameters:
                            if name.endswith((".a", ".b")):
                                if case == "relora-reset":
                                    del optimizer.states[name]
                                else:
                                    optimizer.prune(name, 0.9)
                else:
                    chosen = DRAWN[checkpoint][phase] if case == "lisa" else [phase % layers]
                    trained = set()
                    for name in parameters:
                        layer = layer_of(name, prefix)
                        if layer in chosen or name.startswith(heads) or case == "lisa" and layer is None:
                            trained.add(name)
                    for name in list(optimizer.states):
                        if name not in trained:
                            del optimizer.states[name]
                for name, parameter in parameters.items():
                    parameter.requires_grad, parameter.grad = name in trained, None
                loss = model(input_ids=ids, labels=labels).loss
                losses.append(loss.item())
                loss.backward()
                for name in trained:
                    if parameters[name].grad is not None:
                        optimizer.step(name, parameters[name], rate)
            model.eval()
            with torch.no_grad():
                logits = model(input_ids=ids).logits
            path = ROOT / "phases" / f"{checkpoint}-{case}.json"
            path.write_text(json.dumps({
                "checkpoint": checkpoint, "method": case.split("-")[0], "forget": 1.0 if case == "relora-reset" else 0.9,
                "interval": INTERVAL, "rate": RATE, "rank": RANK, "scaling": SCALING, "warmup": WARMUP,
                "targets": TARGETS[checkpoint], "drawn": DRAWN[checkpoint], "given": given,
                "sequences": ids.tolist(), "labels": labels.tolist(), "losses": losses, "logits": logits.flatten().tolist(),
            }) + "\n")
            print(path.name, losses[0], losses[-1], path.stat().st_size)


if __name__ == "__main__":
    main()

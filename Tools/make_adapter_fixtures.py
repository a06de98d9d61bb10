"""Fixtures of adapters: what peft makes of the tiny checkpoints in Tests/Fixtures/models.

peft has no bottleneck adapters; for these the rule is written here, in the names of LLM-Adapters (Hu et al., 2023).

    python3 Tools/make_adapter_fixtures.py

For each case it writes Tests/Fixtures/adapters/<case>/: the adapters before and after 20 steps of AdamW in peft's own
files, and expected.json with the batch, the 20 losses and the logits of the trained adapters. Weights are drawn from a
seed, and B is not 0 at first, so that every part counts from the first step.
"""

import json
import pathlib
import shutil

import peft
import safetensors.torch
import torch
import transformers

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures"


def lora(**settings):
    return peft.LoraConfig, dict(lora_dropout=0.0, **settings)


def ia3(targets, inputs, **settings):
    return peft.IA3Config, dict(target_modules=targets, feedforward_modules=inputs, **settings)


def prefix(length):
    return peft.PrefixTuningConfig, dict(num_virtual_tokens=length)


def prompt(length):
    return peft.PromptTuningConfig, dict(num_virtual_tokens=length)


def bottleneck(targets, parallel, **settings):
    return None, dict(target_modules=targets, use_parallel_adapter=parallel, **settings)


CASES = {
    # name: (checkpoint, head, peft's class and settings)
    "bert-lora": ("bert-tiny", "classification", lora(r=4, lora_alpha=8, target_modules=["query", "value"])),
    "bert-all": ("bert-tiny", "classification", lora(
        r=3, lora_alpha=6, use_rslora=True,
        target_modules=["query", "key", "value", "attention.output.dense", "intermediate.dense"])),
    "gpt2-lora": ("gpt2-tiny", "classification", lora(
        r=4, lora_alpha=16, fan_in_fan_out=True, target_modules=["c_attn", "mlp.c_fc", "c_proj"])),
    "llama-lm": ("llama-tiny-lm", "language_model", lora(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj", "down_proj"])),
    "llama-all": ("llama-tiny-lm", "language_model", lora(r=2, lora_alpha=3, target_modules="all-linear")),
    "roberta-lora": ("roberta-tiny", "classification", lora(r=4, lora_alpha=4, target_modules=["query", "value"])),
    "bert-dora": ("bert-tiny", "classification", lora(
        r=2, lora_alpha=4, use_dora=True, target_modules=["query", "intermediate.dense"])),
    "gpt2-dora": ("gpt2-tiny", "classification", lora(
        r=2, lora_alpha=8, use_dora=True, fan_in_fan_out=True, target_modules=["c_attn", "mlp.c_fc"])),
    "llama-dora": ("llama-tiny-lm", "language_model", lora(r=2, lora_alpha=4, use_dora=True, target_modules=["q_proj", "down_proj"])),
    "bert-pissa": ("bert-tiny", "classification", lora(
        r=3, lora_alpha=6, init_lora_weights="pissa", target_modules=["query", "output.dense"])),
    "gpt2-pissa": ("gpt2-tiny", "classification", lora(
        r=2, lora_alpha=2, init_lora_weights="pissa", fan_in_fan_out=True, target_modules=["c_attn"])),
    "bert-ia3": ("bert-tiny", "classification", ia3(["key", "value", "output.dense"], ["output.dense"])),
    "roberta-ia3": ("roberta-tiny", "classification", ia3(["key", "value", "intermediate.dense"], [])),
    "gpt2-ia3": ("gpt2-tiny", "classification", ia3(["c_attn", "mlp.c_proj"], ["mlp.c_proj"], fan_in_fan_out=True)),
    "llama-ia3": ("llama-tiny-lm", "language_model", ia3(["k_proj", "v_proj", "down_proj"], ["down_proj"])),
    "bert-prefix": ("bert-tiny", "classification", prefix(3)),
    "roberta-prefix": ("roberta-tiny", "classification", prefix(2)),
    "gpt2-prefix": ("gpt2-tiny", "classification", prefix(3)),
    "llama-prefix": ("llama-tiny-lm", "language_model", prefix(4)),
    "bert-prompt": ("bert-tiny", "classification", prompt(3)),
    "roberta-prompt": ("roberta-tiny", "classification", prompt(2)),
    "llama-prompt": ("llama-tiny-lm", "language_model", prompt(4)),
    "bert-series": ("bert-tiny", "classification", bottleneck(
        ["attention.output.dense", "output.dense"], False, bottleneck_size=5, scaling=1.0)),
    "llama-series": ("llama-tiny-lm", "language_model", bottleneck(
        ["o_proj", "down_proj"], False, bottleneck_size=3, scaling=0.5)),
    "gpt2-series": ("gpt2-tiny", "classification", bottleneck(["c_attn", "mlp.c_proj"], False, bottleneck_size=3, scaling=1.0)),
    "llama-parallel": ("llama-tiny-lm", "language_model", bottleneck(
        ["up_proj", "down_proj"], True, bottleneck_size=3, scaling=4.0)),
    "gpt2-parallel": ("gpt2-tiny", "classification", bottleneck(["c_attn", "mlp.c_fc"], True, bottleneck_size=3, scaling=2.0)),
}
STEPS, RATE = 20, 1e-2
# Of a language model's logits, one in so many is kept.
STRIDE = 13


class Bottleneck(torch.nn.Module):
    """A linear layer with a narrow network after it or beside it."""

    def __init__(self, layer, inputs, outputs, settings):
        super().__init__()
        self.layer, self.settings = layer, settings
        width = settings["bottleneck_size"]
        self.adapter_down = torch.nn.Linear(inputs if settings["use_parallel_adapter"] else outputs, width, bias=False)
        self.adapter_up = torch.nn.Linear(width, outputs, bias=False)

    def forward(self, x):
        y = self.layer(x)
        read = x if self.settings["use_parallel_adapter"] else y
        return y + self.settings["scaling"] * self.adapter_up(torch.tanh(self.adapter_down(read)))


class BottleneckModel(torch.nn.Module):
    """A model with bottleneck adapters, which is saved as LLM-Adapters saves it."""

    def __init__(self, model, settings, saved, task):
        super().__init__()
        for parameter in model.parameters():
            parameter.requires_grad = False
        for name, module in list(model.named_modules()):
            if any(name.endswith("." + target) for target in settings["target_modules"]):
                parent = model.get_submodule(name.rsplit(".", 1)[0])
                if isinstance(module, torch.nn.Linear):
                    inputs, outputs = module.in_features, module.out_features
                else:
                    inputs, outputs = module.weight.shape
                setattr(parent, name.rsplit(".", 1)[1], Bottleneck(module, inputs, outputs, settings))
        for name, parameter in model.named_parameters():
            parameter.requires_grad |= any(part in name.split(".") for part in saved or [])
        self.model, self.settings, self.saved, self.task = model, settings, saved, task

    config = property(lambda self: self.model.config)

    def forward(self, **inputs):
        return self.model(**inputs)

    def save_pretrained(self, folder):
        folder.mkdir(parents=True)
        tensors = {"base_model.model." + name: value.detach().clone().contiguous()
                   for name, value in self.model.named_parameters() if value.requires_grad}
        safetensors.torch.save_file(tensors, folder / "adapter_model.safetensors")
        config = dict(peft_type="BOTTLENECK", task_type=self.task, non_linearity="tanh", adapter_dropout=0.0, bias="none",
                      init_weights="bert", modules_to_save=self.saved, **self.settings)
        if not self.settings["use_parallel_adapter"]:
            config["adapter_placement"] = "after"
        (folder / "adapter_config.json").write_text(json.dumps(config))


def main():
    shutil.rmtree(ROOT / "adapters", ignore_errors=True)
    for name, (checkpoint, head, (config_class, settings)) in CASES.items():
        torch.manual_seed(1)
        folder = ROOT / "models" / checkpoint
        model_class = (transformers.AutoModelForCausalLM if head == "language_model"
                       else transformers.AutoModelForSequenceClassification)
        model = model_class.from_pretrained(folder, attn_implementation="eager")
        model.config.pad_token_id = model.config.pad_token_id or 0
        saved = None
        if head != "language_model":
            saved = ["classifier", "pooler"] if model.config.model_type == "bert" else (
                ["score"] if model.config.model_type == "gpt2" else ["classifier"])
        task = "CAUSAL_LM" if head == "language_model" else "SEQ_CLS"
        if config_class is None:
            model = BottleneckModel(model, settings, saved, task)
        else:
            more = {} if config_class in (peft.PrefixTuningConfig, peft.PromptTuningConfig) else dict(modules_to_save=saved)
            model = peft.get_peft_model(model, config_class(task_type=task, **more, **settings))
        for parameter_name, parameter in model.named_parameters():
            if settings.get("init_lora_weights") == "pissa":
                continue
            if "lora_B" in parameter_name:
                torch.nn.init.normal_(parameter, std=0.05)
            if "adapter_up" in parameter_name or "adapter_down" in parameter_name:
                torch.nn.init.normal_(parameter, std=0.2)
            if "ia3_l" in parameter_name or "lora_magnitude_vector" in parameter_name:
                with torch.no_grad():
                    parameter.mul_(1 + 0.2 * torch.randn_like(parameter))
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        out = ROOT / "adapters" / name
        model.save_pretrained(out / "before")
        generator = torch.Generator().manual_seed(2)
        vocabulary = model.config.vocab_size
        sequences = [torch.randint(5, vocabulary, (length,), generator=generator) for length in (7, 4, 9, 5)]
        labels = [0, 1, 1, 0]
        width = max(map(len, sequences))
        ids = torch.zeros(len(sequences), width, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, sequence in enumerate(sequences):
            ids[row, :len(sequence)], mask[row, :len(sequence)] = sequence, 1
        targets = torch.where(mask == 1, ids, -100) if head == "language_model" else torch.tensor(labels)
        if head == "language_model":
            # With a prompt, its last token would predict the first of the text, which nothing else does.
            targets[:, 0] = -100
        if model.config.model_type == "gpt2":
            # The last token that is not the padding token is what the head reads.
            ids = torch.where(mask == 1, ids, model.config.pad_token_id)
        trained = [p for p in model.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
        losses = []
        model.train()
        for _ in range(STEPS):
            loss = model(input_ids=ids, attention_mask=mask, labels=targets).loss
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            logits = model(input_ids=ids, attention_mask=mask).logits
        if head == "language_model":
            # The rows of a prompt come first.
            logits = logits[:, -width:]
            kept = logits[mask == 1].flatten()[::STRIDE]
        else:
            kept = logits
        model.save_pretrained(out / "after")
        if name == "bert-lora":
            # What older releases of peft save.
            torch.save(safetensors.torch.load_file(out / "after/adapter_model.safetensors"), out / "adapter_model.bin")
        for part in ("before", "after"):
            path = out / part / "adapter_config.json"
            written = json.loads(path.read_text())
            written["base_model_name_or_path"] = checkpoint
            # peft writes sets in an order that changes from run to run.
            for key in ("target_modules", "feedforward_modules"):
                if isinstance(written.get(key), list):
                    written[key].sort()
            path.write_text(json.dumps(written, indent=1, sort_keys=True) + "\n")
            (out / part / "README.md").unlink(missing_ok=True)
        (out / "expected.json").write_text(json.dumps({
            "checkpoint": checkpoint, "head": head, "rate": RATE, "sequences": [s.tolist() for s in sequences],
            "labels": labels, "losses": losses, "logits": kept.flatten().tolist(), "stride": STRIDE if head == "language_model" else 1,
        }) + "\n")
        print(name, losses[0], losses[-1])


if __name__ == "__main__":
    main()

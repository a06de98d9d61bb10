"""Fixtures of adapters: what peft makes of the tiny checkpoints in Tests/Fixtures/models.

    python3 Tools/make_adapter_fixtures.py

For each case it writes Tests/Fixtures/adapters/<case>/: the adapters before and after 20 steps of AdamW in peft's own
files, and expected.json with the batch, the 20 losses and the logits of the trained adapters. Weights are drawn from a
seed, and B is not 0 at first, so that every part counts from the first step.
"""

import json
import pathlib
import shutil

import peft
import torch
import transformers

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures"
CASES = {
    # name: (checkpoint, head, peft's settings)
    "bert-lora": ("bert-tiny", "classification", dict(r=4, lora_alpha=8, target_modules=["query", "value"])),
    "bert-all": ("bert-tiny", "classification", dict(
        r=3, lora_alpha=6, use_rslora=True,
        target_modules=["query", "key", "value", "attention.output.dense", "intermediate.dense"])),
    "gpt2-lora": ("gpt2-tiny", "classification", dict(
        r=4, lora_alpha=16, fan_in_fan_out=True, target_modules=["c_attn", "mlp.c_fc", "c_proj"])),
    "llama-lm": ("llama-tiny-lm", "language_model", dict(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj", "down_proj"])),
    "llama-all": ("llama-tiny-lm", "language_model", dict(r=2, lora_alpha=3, target_modules="all-linear")),
    "roberta-lora": ("roberta-tiny", "classification", dict(r=4, lora_alpha=4, target_modules=["query", "value"])),
}
STEPS, RATE = 20, 1e-2


def main():
    shutil.rmtree(ROOT / "adapters", ignore_errors=True)
    for name, (checkpoint, head, settings) in CASES.items():
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
        config = peft.LoraConfig(
            task_type="CAUSAL_LM" if head == "language_model" else "SEQ_CLS", modules_to_save=saved, lora_dropout=0.0, **settings)
        model = peft.get_peft_model(model, config)
        for parameter_name, parameter in model.named_parameters():
            if "lora_B" in parameter_name:
                torch.nn.init.normal_(parameter, std=0.05)
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
        kept = logits[mask == 1] if head == "language_model" else logits
        model.save_pretrained(out / "after")
        for part in ("before", "after"):
            path = out / part / "adapter_config.json"
            written = json.loads(path.read_text())
            written["base_model_name_or_path"] = checkpoint
            # peft writes sets in an order that changes from run to run.
            if isinstance(written["target_modules"], list):
                written["target_modules"].sort()
            path.write_text(json.dumps(written, indent=1, sort_keys=True) + "\n")
            (out / part / "README.md").unlink(missing_ok=True)
        (out / "expected.json").write_text(json.dumps({
            "checkpoint": checkpoint, "head": head, "rate": RATE, "sequences": [s.tolist() for s in sequences],
            "labels": labels, "losses": losses, "logits": kept.flatten().tolist(),
        }) + "\n")
        print(name, losses[0], losses[-1])


if __name__ == "__main__":
    main()

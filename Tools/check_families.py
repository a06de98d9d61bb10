#!/usr/bin/env python3
"""Every family with every head: our differences from transformers, and transformers on what we save, as a table.

    swift build -c release --build-tests
    python Tools/check_families.py [--families DIR]      DIR: made by make_family_fixtures.py --real, instead of the fixtures

Runs the tests that compare with the fixtures and leave behind what they saw and saved; then transformers loads each
saved folder, which must give no missing, unexpected or mismatched key and the same logits. Exit status 1 otherwise.
"""
import argparse, json, os, pathlib, subprocess, sys, tempfile
os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import torch
import transformers as hf
from safetensors.torch import load_file
import make_family_fixtures as fixtures

PACKAGE = pathlib.Path(__file__).resolve().parent.parent


def transformers_logits(folder, fixture, head):
    """Keys that do not match, and what transformers computes from a folder that we saved."""
    kind = getattr(hf, fixture["heads"][head]["class"])
    model, info = kind.from_pretrained(folder, output_loading_info=True, dtype=torch.float32)
    case = fixtures.Case(head, fixture["heads"][head]["targets"], fixture["sequences"], fixture.get("token_types"))
    stack = torch.cat if head in ("span_extraction", "multiple_choice", "language_model", "masked_language_model") else torch.stack
    with torch.no_grad():
        logits = stack([case.logits(model.eval(), i) for i in range(len(case.ids))])
    keys = [k for name in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs") for k in info.get(name) or []]
    return keys, logits, model.config.architectures == [kind.__name__]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--families", type=pathlib.Path, default=PACKAGE / "Tests" / "Fixtures" / "families")
    a = p.parse_args()
    hf.logging.disable_progress_bar()
    failures = []
    with tempfile.TemporaryDirectory() as temporary:
        root, out = a.families.resolve(), pathlib.Path(temporary) / "out"
        tests = subprocess.run(
            ["swift", "test", "-c", "release", "--skip-build", "--no-parallel", "--filter", "HeadParityTests"], cwd=PACKAGE,
            env=os.environ | {"FINETUNE_FAMILIES": str(root), "FINETUNE_PARITY_OUT": str(out)}, capture_output=True, text=True)
        if tests.returncode:
            failures.append("tests failed:\n" + "\n".join(l for l in tests.stdout.splitlines() if "issue" in l or "rror" in l))
        print("| family | head (class) | logits | gradients | AdamW | Fira | saved: keys | saved: logits |")
        print("|---|---|---|---|---|---|---|---|")
        for folder in sorted(root.iterdir()):
            fixture = json.loads((folder / "heads.json").read_text())
            for head in fixture["heads"]:
                saved = out / folder.name / head
                d = json.loads((saved / "differences.json").read_text())
                keys, logits, named = transformers_logits(saved, fixture, head)
                ours = load_file(saved / "logits.safetensors")["logits"]
                assert ours.numel() == logits.numel()
                difference = (ours.reshape(logits.shape) - logits).abs().max().item()
                if keys or not named or not difference < 1e-4:
                    failures.append(f"{folder.name} {head}: keys {keys}, logits {difference}")
                print(f"| {folder.name} | {head} ({fixture['heads'][head]['class']}) | {d['logits']:.0e} "
                      f"| {100 * d['gradients']:.2g} % | {d['adamw']:.0e} | {d['fira']:.0e} "
                      f"| {'equal' if not keys else len(keys)} | {difference:.0e} |", flush=True)
    for f in failures:
        print(f)
    print("FAIL" if failures else "PASS")
    sys.exit(bool(failures))


main()

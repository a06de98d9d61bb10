#!/usr/bin/env python3
"""Writes Tests/Fixtures/pickles: state dicts as torch.save writes them beside the same tensors as safetensors, folders of
small models with pytorch_model.bin, whole and sharded, and pickles and archives that must be refused.

    python Tools/make_pickle_fixtures.py

Needs torch, safetensors and the checkpoints of Tests/Fixtures/families. `refused.json` says of each refused file what
torch itself makes of it with weights_only=True; no file is ever loaded without that.
"""
import collections, io, json, pathlib, pickle, shutil, struct, sys, zipfile
import torch
from safetensors.torch import load_file, save_file
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fixture_common import versions, write_json

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
OUT = ROOT / "pickles"
SEED = 20261127


def save_pair(name, tensors, written=None):
    """`name`.bin as torch saves `written`, and what it holds as `name`.safetensors."""
    torch.save(tensors if written is None else written, OUT / f"{name}.bin")
    save_file({k: v.detach().clone().contiguous() for k, v in tensors.items()}, OUT / f"{name}.safetensors")


def state_dicts():
    g = torch.Generator().manual_seed(SEED)
    numbers = torch.randn(5, 7, generator=g)
    types = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16,
             torch.int8, torch.uint8, torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2]
    save_pair("types", {str(t)[6:]: (numbers.abs() * 9).to(t) for t in types}
              | {"bool": numbers > 0, "empty": torch.zeros(0, 3), "scalar": torch.tensor(1.5)})
    whole = torch.randn(4, 6, 8, generator=g)
    save_pair("views", {
        "whole": whole, "transposed": whole.transpose(0, 2), "every_second": whole[:, ::2, 1::3], "row": whole[2, 3],
        "tail": whole[3:], "narrow": whole.half()[1:3, :, 2:5], "expanded_one": torch.arange(6).expand((1, -1)),
        "again": whole, "column": whole[:, :1, 5]})
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LayerNorm(4))
    for p in module.parameters():
        torch.nn.init.normal_(p, generator=g)
    # With Parameters instead of tensors, and with the versions of modules as an attribute.
    save_pair("parameters", module.state_dict(), dict(module.named_parameters()))
    save_pair("module", module.state_dict(), module.state_dict())


def models():
    for family in ["bert", "llama"]:
        folder = OUT / family
        folder.mkdir()
        shutil.copy(ROOT / "families" / family / "config.json", folder)
        torch.save(load_file(ROOT / "families" / family / "model.safetensors"), folder / "pytorch_model.bin")
    tensors = load_file(ROOT / "families" / "bert" / "model.safetensors")
    folder = OUT / "bert-sharded"
    folder.mkdir()
    shutil.copy(ROOT / "families" / "bert" / "config.json", folder)
    names = sorted(tensors)
    # Every second tensor shares its storage with another, as when one tensor is cut into many.
    flat = torch.cat([tensors[n].flatten() for n in names[::2]])
    views, at = {}, 0
    for n in names[::2]:
        views[n] = flat[at:at + tensors[n].numel()].view(tensors[n].shape)
        at += tensors[n].numel()
    shards = [views, {n: torch.nn.Parameter(tensors[n]) for n in names[1::2]}]
    weight_map = {}
    for i, shard in enumerate(shards):
        file = f"pytorch_model-{i + 1:05}-of-00002.bin"
        torch.save(collections.OrderedDict(shard), folder / file)
        weight_map |= {n: file for n in shard}
    write_json(folder / "pytorch_model.bin.index.json",
               {"metadata": {"total_size": sum(t.nbytes for t in tensors.values())},
                "weight_map": dict(sorted(weight_map.items()))})


class Call:
    """Pickles as a call of any function; it is never unpickled here."""
    def __init__(self, function, *arguments):
        self.reduced = (function, arguments)

    def __reduce__(self):
        return self.reduced


def archive(data, storages=(), compression=zipfile.ZIP_STORED, order=b"little", folder="archive"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as z:
        members = {"data.pkl": data, "byteorder": order, **{f"data/{i}": s for i, s in enumerate(storages)},
                   "version": b"3\n"}
        for name, content in members.items():
            # A ZipInfo has the same date at every run.
            z.writestr(zipfile.ZipInfo(f"{folder}/{name}"), content, compression)
    return out.getvalue()


def text(s):
    return b"X" + struct.pack("<I", len(s)) + s.encode()


def integer(n):
    if -2 ** 31 <= n < 2 ** 31:
        return b"J" + struct.pack("<i", n)
    size = n.bit_length() // 8 + 1
    return b"\x8a" + bytes([size]) + n.to_bytes(size, "little", signed=True)


def integers(values):
    return b"(" + b"".join(map(integer, values)) + b"t"


def tensor(offset=0, shape=(2, 3), strides=(3, 1), count=6, storage="FloatStorage", key="0",
           function="torch._utils\n_rebuild_tensor_v2\n"):
    return (b"c" + function.encode() + b"((" + text("storage") + b"ctorch\n" + storage.encode() + b"\n" + text(key)
            + text("cpu") + integer(count) + b"tQ" + integer(offset) + integers(shape) + integers(strides)
            + b"\x89ccollections\nOrderedDict\n)RtR")


HOOKS = b"\x89ccollections\nOrderedDict\n)R"
SHAPED = integers((2, 3)) + integers((3, 1)) + HOOKS + b"tR"


def state(*values):
    """A pickle of {"w0": …, "w1": …}."""
    return b"\x80\x02}(" + b"".join(text(f"w{i}") + v for i, v in enumerate(values)) + b"u."


def refused():
    import os, builtins, subprocess
    data = struct.pack("<6f", *range(6))
    good = tensor()
    deep = b"\x80\x02)" + b"\x85" * 60_000 + b"."
    doubling = b"\x80\x02)" + b"q\x00h\x00\x86" * 40 + b"."
    cycle = b"\x80\x02}q\x00(" + text("w0") + b"h\x00u."
    files = {
        "system": archive(pickle.dumps({"w0": Call(os.system, "touch /tmp/pickle-was-run")}, 2)),
        "eval": archive(pickle.dumps({"w0": Call(builtins.eval, "1 + 1")}, 2)),
        "popen": archive(pickle.dumps({"w0": Call(subprocess.Popen, ["true"])}, 2)),
        "getattr": archive(b"\x80\x02}" + text("w0") + b"c__builtin__\ngetattr\n" + text("a") + text("b") + b"\x86Rs."),
        "torch-load": archive(b"\x80\x02}" + text("w0") + b"ctorch.serialization\nload\n" + text("x") + b"\x85Rs."),
        "dotted": archive(b"\x80\x02}" + text("w0") + b"ctorch\n_utils.os.system\n" + text("x") + b"\x85Rs."),
        "class": archive(b"\x80\x02}" + text("w0") + b"(ios\nsystem\ns."),
        "stack-global": archive(pickle.dumps({"w0": Call(os.system, "true")}, 4)),
        "protocol-4": archive(pickle.dumps({}, 4)),
        "extension": archive(b"\x80\x02\x82\x01."),
        "persistent-text": archive(b"\x80\x02P0\n."),
        "dtype-called": archive(state(b"ctorch\nFloatStorage\n" + integer(1 << 40) + b"\x85R"), [data]),
        "nested": archive(pickle.dumps({"model": {}, "epoch": 3}, 2)),
        "number": archive(pickle.dumps({"epoch": 3}, 2)),
        "list": archive(pickle.dumps([1, 2], 2)),
        "cycle": archive(cycle),
        "deep": archive(deep),
        "doubling": archive(doubling),
        # One shape of 10,000 axes, and one name of 10,000 bytes, used again and again.
        "many-axes": archive(b"\x80\x02" + integers([1] * 10_000) + b"q\x00" + (tensor()[:-len(SHAPED)]
                             + b"h\x00h\x00" + HOOKS + b"tR") * 100 + b"."),
        "long-name": archive(state(good).replace(text("w0"), text("w" * 10_000)), [data]),
        "long-key": archive(state(tensor(key="0" * 10_000)), [data]),
        "memo-absent": archive(b"\x80\x02}" + text("w0") + b"h\x07s."),
        "memo-far": archive(b"\x80\x02}r\xff\xff\xff\xff" + text("w0") + b"h\x00s."),
        "under-the-stack": archive(b"\x80\x02R."),
        "no-mark": archive(b"\x80\x02}u."),
        "odd": archive(b"\x80\x02}(" + text("w0") + b"u."),
        "past-the-mark": archive(b"\x80\x02}(s."),
        "left-over": archive(b"\x80\x02}}."),
        "long-text": archive(b"\x80\x02X\xff\xff\xff\xffab."),
        "long-integer": archive(b"\x80\x02\x8a\xff" + b"\xff" * 255 + b"."),
        "no-stop": archive(b"\x80\x02}"),
        "empty": archive(b""),
        "negative-offset": archive(state(tensor(offset=-1)), [data]),
        "negative-shape": archive(state(tensor(shape=(-2, 3))), [data]),
        "negative-stride": archive(state(tensor(strides=(-3, 1))), [data]),
        "huge-shape": archive(state(tensor(shape=(1 << 40, 1 << 40))), [data]),
        "huge-offset": archive(state(tensor(offset=(1 << 63) - 1)), [data]),
        "huge-stride": archive(state(tensor(strides=((1 << 62), (1 << 62)))), [data]),
        "huge-storage": archive(state(tensor(count=1 << 62)), [data]),
        "past-the-end": archive(state(tensor(offset=1)), [data]),
        "short-storage": archive(state(good), [data[:-1]]),
        "expanded": archive(state(tensor(shape=(1 << 40, 6), strides=(0, 1))), [data]),
        "axes": archive(state(tensor(shape=(2, 3), strides=(1,))), [data]),
        "no-storage": archive(state(good)),
        "storage-outside": archive(state(tensor(key="../byteorder")), [data]),
        "quantized": archive(state(tensor(storage="QInt8Storage")), [data]),
        "complex": archive(state(tensor(storage="ComplexFloatStorage")), [data]),
        "untyped": archive(state(tensor(function="torch._utils\n_rebuild_tensor_v3\n")), [data]),
        "compressed": archive(state(good), [data], zipfile.ZIP_DEFLATED),
        "big-endian": archive(state(good), [data], order=b"big"),
        "no-pickle": archive(b"x").replace(b"data.pkl", b"data.pk_"),
        "two-names": archive(b"\x80\x02}(" + (text("w0") + good) * 2 + b"u.", [data]),
        "checksum": archive(state(good), [data]).replace(text("w0"), text("w9")),
        "not-utf8": archive(state(good).replace(b"w0", b"\xff\xfe"), [data]),
    }
    two = io.BytesIO()
    with zipfile.ZipFile(two, "w") as z:
        for folder in "ab":
            z.writestr(zipfile.ZipInfo(f"{folder}/data.pkl"), state(good))
            z.writestr(zipfile.ZipInfo(f"{folder}/data/0"), data)
    files["two-pickles"] = two.getvalue()
    whole = archive(state(good), [data])
    end = whole.rindex(b"PK\x05\x06")
    first = whole.index(b"PK\x01\x02")
    def patched(at, value):
        return whole[:at] + value + whole[at + len(value):]
    files |= {
        "truncated": whole[:-30], "half": whole[:len(whole) // 2], "eight-bytes": whole[:8],
        "zip-count": patched(end + 10, b"\xff\xff"), "zip-size": patched(end + 12, b"\xff\xff\xff\x7f"),
        "zip-start": patched(end + 16, b"\xff\xff\xff\x7f"), "zip-member-start": patched(first + 42, b"\xff\xff\xff\x7f"),
        "zip-member-size": patched(first + 20, b"\xff\xff\xff\x7f\xff\xff\xff\x7f"),
        "zip-two-sizes": patched(first + 24, b"\x01\x00\x00\x00"), "zip-wide": patched(first + 20, b"\xff" * 8),
        "zip-encrypted": patched(first + 8, b"\x01\x00"), "zip-name": patched(first + 28, b"\xff\xff"),
        "zip64-far": whole[:end] + b"PK\x06\x07" + struct.pack("<IQI", 0, 1 << 63, 1) + whole[end:],
        "lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 90868376\n",
        "text": b"<!DOCTYPE html>\n",
    }
    old = io.BytesIO()
    torch.save({"w0": torch.ones(2)}, old, _use_new_zipfile_serialization=False)
    files["old-format"] = old.getvalue()
    (OUT / "refused").mkdir()
    outcome = {}
    for name, content in files.items():
        (OUT / "refused" / f"{name}.bin").write_bytes(content)
        try:
            value = torch.load(io.BytesIO(content), "cpu", weights_only=True)
            outcome[name] = "loads as " + type(value).__name__
        except RecursionError:
            outcome[name] = "RecursionError"
        except Exception as error:
            outcome[name] = type(error).__name__
    write_json(OUT / "refused.json", {"script": "Tools/make_pickle_fixtures.py", "versions": versions("torch"),
                                      "torch": outcome})
    # The same archive without a fault, made by the same code: what is refused above is refused for its fault alone.
    (OUT / "sound.bin").write_bytes(whole)


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    state_dicts()
    models()
    refused()
    print(sum(f.stat().st_size for f in OUT.rglob("*") if f.is_file()) // 1024, "KiB")


if __name__ == "__main__":
    main()

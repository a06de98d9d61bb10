"""Writes Tests/Fixtures/tensorboard.json: checksums, and entries of event files, by the libraries that tensorboard uses.

python3 Tools/make_tensorboard_fixtures.py     needs the PyPI packages tensorboard and crc32c
"""
import importlib.metadata, json, pathlib, random, struct
import crc32c
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.plugins.hparams import plugin_data_pb2

def record(event):
    data = event.SerializeToString(deterministic=True)
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc32c(length)) + data + struct.pack("<I", masked_crc32c(data))


def plugin(tag, data):
    metadata = summary_pb2.SummaryMetadata(plugin_data=summary_pb2.SummaryMetadata.PluginData(
        plugin_name="hparams", content=data.SerializeToString(deterministic=True)))
    return summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, metadata=metadata)])


generator = random.Random(15)
texts = [b"", b"a", b"123456789", bytes(32), bytes([255]) * 32, bytes(range(32))] + [generator.randbytes(n) for n in (7, 8, 255, 1000)]
time = 1764211653.25
# No key begins another one: the library orders those in a way of its own.
start = plugin_data_pb2.SessionStartInfo(start_time_secs=time)
for name, value in {"batch_size": 32, "learning_rate": 0.0005, "no_shuffle": False, "optimizer_option.eps": 1e-8, "schedule": "linear",
                    "task": "grüße", "weight_decay": 0}.items():
    field = "bool_value" if isinstance(value, bool) else "string_value" if isinstance(value, str) else "number_value"
    setattr(start.hparams[name], field, value)
data = plugin_data_pb2.HParamsPluginData
end = lambda status: data(session_end_info=plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=time))
fixtures = {
    "made by": {name: importlib.metadata.version(name) for name in ("tensorboard", "protobuf", "crc32c")},
    "checksums": [{"bytes": text.hex(), "crc32c": crc32c.crc32c(text), "masked": masked_crc32c(text)} for text in texts],
    "records": {
        "version": record(event_pb2.Event(wall_time=time, file_version="brain.Event:2")).hex(),
        "start": record(event_pb2.Event(wall_time=time, step=301, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START))).hex(),
        "scalars": record(event_pb2.Event(wall_time=time, step=300, summary=summary_pb2.Summary(value=[
            summary_pb2.Summary.Value(tag="train/loss", simple_value=0.6931), summary_pb2.Summary.Value(tag="eval/accuracy", simple_value=0.0),
            summary_pb2.Summary.Value(tag="train/gradient_norm", simple_value=float("nan"))]))).hex(),
        "started": record(event_pb2.Event(wall_time=time, summary=plugin("_hparams_/session_start_info", data(session_start_info=start)))).hex(),
        "completed": record(event_pb2.Event(wall_time=time, summary=plugin("_hparams_/session_end_info", end(1)))).hex(),
        "interrupted": record(event_pb2.Event(wall_time=time, summary=plugin("_hparams_/session_end_info", end(0)))).hex(),
    },
}
path = pathlib.Path(__file__).parent.parent / "Tests/Fixtures/tensorboard.json"
path.write_text(json.dumps(fixtures, indent=1) + "\n")
print(f"{path}: {path.stat().st_size} bytes")

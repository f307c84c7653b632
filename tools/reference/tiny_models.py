#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the tiny networks that the tests run, and their manifests.

Usage: tiny_models.py [--check]    (from anywhere; standard library alone)

They are no trained models: each is a few lines of arithmetic whose answer a test can work out. ONNX is a Protocol
Buffers message, and what is needed of it fits below. With --check nothing is written; exits 1 if a file would change.
"""

import hashlib
import json
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "training"))
from quantise import quantise  # noqa: E402
# What analysis::log_band_features() says; the test of it names this file when it changes.
LOG_BANDS = {"name": "log-bands", "size": 80, "frames_per_second": 100, "hash": "f5ac0432506c02d3"}
# What analysis::pitch_features() says.
PITCH = {"name": "pitch", "size": 433, "frames_per_second": 100, "hash": "f5e2a1a0f79a07b8"}
BANDS, BINS = 252, 180
TOY = {"name": "toy", "size": 4, "frames_per_second": 100, "hash": "toy"}


def number(value: int) -> bytes:
    out = bytearray()
    while True:
        out.append((value & 0x7F) | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def field(tag: int, value) -> bytes:
    if isinstance(value, int):
        return number(tag << 3) + number(value & 0xFFFFFFFFFFFFFFFF)
    if isinstance(value, str):
        value = value.encode()
    return number(tag << 3 | 2) + number(len(value)) + value


def floats(name: str, shape: list[int], values: list[float]) -> bytes:
    raw = struct.pack(f"<{len(values)}f", *values)
    return b"".join(field(1, n) for n in shape) + field(2, 1) + field(8, name) + field(9, raw)


def integers(name: str, values: list[int]) -> bytes:
    return field(1, len(values)) + field(2, 7) + field(8, name) + field(9, struct.pack(f"<{len(values)}q", *values))


def tensor(name: str, shape: list) -> bytes:
    dims = b"".join(field(1, field(2, n) if isinstance(n, str) else field(1, n)) for n in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def node(kind: str, inputs: list[str], outputs: list[str]) -> bytes:
    return b"".join(field(1, n) for n in inputs) + b"".join(field(2, n) for n in outputs) + field(4, kind)


def concat(inputs: list[str], output: str, axis: int) -> bytes:
    return node("Concat", inputs, [output]) + field(5, field(1, "axis") + field(3, axis) + field(20, 2))


def model(nodes, constants, inputs, outputs, opset=17) -> bytes:
    graph = (
        b"".join(field(1, n) for n in nodes)
        + field(2, "toy")
        + b"".join(field(5, c) for c in constants)
        + b"".join(field(11, i) for i in inputs)
        + b"".join(field(12, o) for o in outputs)
    )
    return field(1, 8) + field(2, "auralis") + field(7, graph) + field(8, field(1, "") + field(2, opset))


def toy_live(opset=17) -> bytes:
    """next_state = state / 2 + frame W, activation = sigmoid(next_state)."""
    return model(
        [
            node("Mul", ["state_0", "half"], ["kept"]),
            node("MatMul", ["frame", "w"], ["new"]),
            node("Add", ["kept", "new"], ["next_state_0"]),
            node("Sigmoid", ["next_state_0"], ["activation"]),
        ],
        [floats("half", [1], [0.5]), floats("w", [4, 2], [1, 0, 0, 1, 0.5, 0, 0, 0.5])],
        [tensor("frame", [1, 4]), tensor("state_0", [1, 2])],
        [tensor("activation", [1, 2]), tensor("next_state_0", [1, 2])],
        opset,
    )


def toy_file() -> bytes:
    """activation = sigmoid(frame W), frame by frame."""
    return model(
        [node("MatMul", ["frames", "w"], ["sum"]), node("Sigmoid", ["sum"], ["activation"])],
        [floats("w", [4, 2], [1, 0, 0, 1, 0.5, 0, 0, 0.5])],
        [tensor("frames", ["batch", "time", 4])],
        [tensor("activation", ["batch", "time", 2])],
    )


def stateless() -> bytes:
    """Takes a state and gives none back."""
    return model(
        [node("MatMul", ["frame", "w"], ["sum"]), node("Add", ["sum", "state_0"], ["activation"])],
        [floats("w", [4, 2], [1, 0, 0, 1, 0.5, 0, 0, 0.5])],
        [tensor("frame", [1, 4]), tensor("state_0", [1, 2])],
        [tensor("activation", [1, 2])],
    )


# A rise in the mean of all bands by 0.3 is as likely a beat as not; a downbeat is thought a quarter as likely.
GAIN, BEAT, DOWNBEAT = 12.0, -3.6, -5.0


def rise_live() -> bytes:
    """Beats where the bands rise from one frame to the next."""
    return model(
        [
            node("Sub", ["frame", "state_0"], ["change"]),
            node("Relu", ["change"], ["rise"]),
            node("MatMul", ["rise", "w"], ["sum"]),
            node("Add", ["sum", "b"], ["logit"]),
            node("Sigmoid", ["logit"], ["activation"]),
            node("Identity", ["frame"], ["next_state_0"]),
        ],
        [floats("w", [80, 2], [GAIN / 80] * 160), floats("b", [2], [BEAT, DOWNBEAT])],
        [tensor("frame", [1, 80]), tensor("state_0", [1, 80])],
        [tensor("activation", [1, 2]), tensor("next_state_0", [1, 80])],
    )


def rise_file() -> bytes:
    """The same over a whole window."""
    return model(
        [
            node("Pad", ["frames", "before"], ["later"]),
            node("Slice", ["later", "zero", "last", "time"], ["past"]),
            node("Sub", ["frames", "past"], ["change"]),
            node("Relu", ["change"], ["rise"]),
            node("MatMul", ["rise", "w"], ["sum"]),
            node("Add", ["sum", "b"], ["logit"]),
            node("Sigmoid", ["logit"], ["activation"]),
        ],
        [
            integers("before", [0, 1, 0, 0, 0, 0]),
            integers("zero", [0]),
            integers("last", [-1]),
            integers("time", [1]),
            floats("w", [80, 2], [GAIN / 80] * 160),
            floats("b", [2], [BEAT, DOWNBEAT]),
        ],
        [tensor("frames", ["batch", "time", 80])],
        [tensor("activation", ["batch", "time", 2])],
    )


def repeats() -> bytes:
    """Pitch is where the sound repeats; as likely as not there is a voice where it does so by half."""
    return model(
        [
            node("Slice", ["frame", "from", "to", "axis"], ["row"]),
            node("Mul", ["row", "sharpness"], ["sharp"]),
            node("Softmax", ["sharp"], ["pitch"]),
            node("ReduceMax", ["row"], ["best"]),
            node("Sub", ["best", "half"], ["over"]),
            node("Mul", ["over", "sharpness"], ["logit"]),
            node("Sigmoid", ["logit"], ["voiced"]),
            concat(["voiced", "pitch"], "activation", 1),
        ],
        [
            integers("from", [BANDS]),
            integers("to", [BANDS + BINS]),
            integers("axis", [1]),
            floats("sharpness", [1], [30.0]),
            floats("half", [1], [0.5]),
        ],
        [tensor("frame", [1, BANDS + BINS + 1])],
        [tensor("activation", [1, 1 + BINS])],
    )


def stubborn() -> bytes:
    """Hears bin 72, 220 Hz, in whatever sounds, and is quite sure of it."""
    said = [0.99] + [0.98 if n == 72 else 0.02 / (BINS - 1) for n in range(BINS)]
    return model(
        [node("MatMul", ["frame", "nothing"], ["zero"]), node("Add", ["zero", "said"], ["activation"])],
        [floats("nothing", [BANDS + BINS + 1, 1], [0.0] * (BANDS + BINS + 1)), floats("said", [1, 1 + BINS], said)],
        [tensor("frame", [1, BANDS + BINS + 1])],
        [tensor("activation", [1, 1 + BINS])],
    )


def entry(name, kind, content, features, parameters, opset=17, **more) -> dict:
    return {
        "name": name,
        "version": "1.0.0",
        "kind": kind,
        "file": f"{name}.onnx",
        "sha256": hashlib.sha256(content).hexdigest(),
        "opset": opset,
        "parameters": parameters,
        "features": features,
        "outputs": ["beat", "downbeat"],
        "frames_per_step": 1,
        "lag": 0,
        "licence": "Apache-2.0",
        "data": ["none: a toy of the tests"],
        "metrics": {},
        **more,
    }


def folders() -> dict[pathlib.Path, bytes]:
    files = {}

    def add(folder: str, models: list[tuple[dict, bytes]]) -> None:
        for described, content in models:
            files[ROOT / folder / described["file"]] = content
        manifest = {"format": 1, "models": [described for described, _ in models]}
        files[ROOT / folder / "manifest.json"] = (json.dumps(manifest, indent=2) + "\n").encode()

    small = quantise(toy_live(), least=8)
    variant = {"precision": "int8", "file": "toy-live.int8.onnx", "sha256": hashlib.sha256(small).hexdigest(), "loss": {}}
    files[ROOT / "tests/nn/models" / variant["file"]] = small
    toys = [
        (entry("toy-live", "live", toy_live(), TOY, 8, variants=[variant]), toy_live()),
        (entry("toy-file", "file", toy_file(), TOY, 8), toy_file()),
        (entry("toy-stateless", "stateless", stateless(), TOY, 8), stateless()),
        (entry("toy-newer", "newer", toy_live(18), TOY, 8, opset=18), toy_live(18)),
    ]
    add("tests/nn/models", toys)
    rises = [
        (entry("rise-live", "beats-live", rise_live(), LOG_BANDS, 162), rise_live()),
        (entry("rise-file", "beats-file", rise_file(), LOG_BANDS, 162), rise_file()),
    ]
    add("tests/analysis/models", rises)
    for name, made in (("repeats", repeats()), ("stubborn", stubborn())):
        says = {"outputs": ["voiced", f"pitch[{BINS}]"], "settings": {"signal_share": 0.2}}
        add(f"tests/analysis/{name}", [(entry(name, "pitch", made, PITCH, 1, **says), made)])
    return files


def main() -> int:
    check = "--check" in sys.argv[1:]
    stale = 0
    for path, content in folders().items():
        if path.exists() and path.read_bytes() == content:
            continue
        stale += 1
        if check:
            print(f"{path.relative_to(ROOT)} is not what tools/reference/tiny_models.py writes")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())

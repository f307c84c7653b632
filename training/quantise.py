#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a network's 8-bit variant beside it and names it in the manifest.

Usage: quantise.py NAME [--models models] [--loss METRIC=BY ...]    (standard library alone)

Every table of weights becomes signed bytes with one scale for each slice along its first axis, and a DequantizeLinear in
front of whatever reads it: a quarter of the size, whatever the operators are. The runtime turns the weights back as it
loads the model, so that it runs as fast as before; what is lost is accuracy, and that is to be measured, by
`auralis eval --precision int8` against float32, and given by --loss.
"""

import argparse
import hashlib
import json
import pathlib
import struct

LEAST = 512  # numbers; what is smaller, such as biases, stays as it is
FLOAT, INT8 = 1, 3  # of TensorProto


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data: bytes):
    """(number, value, the field as it stands) of a Protocol Buffers message."""
    at = 0
    while at < len(data):
        start = at
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = data[at : at + size], at + size
        else:
            raise ValueError(f"a field of type {kind} at byte {start}: no ONNX file")
        yield key >> 3, value, data[start:at]


def number(value: int) -> bytes:
    out = bytearray()
    while True:
        out.append((value & 0x7F) | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def field(tag: int, value) -> bytes:
    if isinstance(value, int):
        return number(tag << 3) + number(value)
    if isinstance(value, str):
        value = value.encode()
    return number(tag << 3 | 2) + number(len(value)) + value


def tensor(name: str, shape: list[int], kind: int, raw: bytes) -> bytes:
    return b"".join(field(1, n) for n in shape) + field(2, kind) + field(8, name) + field(9, raw)


def read_tensor(data: bytes):
    """(name, shape, numbers) of a table of floats; None for any other."""
    name, shape, kind, raw = "", [], 0, b""
    for tag, value, _ in fields(data):
        if tag == 1 and isinstance(value, int):
            shape.append(value)
        elif tag == 1:  # packed
            at = 0
            while at < len(value):
                one, at = varint(value, at)
                shape.append(one)
        elif tag == 2:
            kind = value
        elif tag == 4:  # packed floats
            raw = value
        elif tag == 8:
            name = value.decode()
        elif tag == 9:
            raw = value
    count = 1
    for n in shape:
        count *= n
    if kind != FLOAT or len(raw) != 4 * count:
        return None
    return name, shape, struct.unpack(f"<{count}f", raw)


def quantised(name: str, shape: list[int], numbers: tuple) -> tuple[bytes, bytes, bytes]:
    """The bytes, the scales and the node that makes `name` of them."""
    # Weights of recurrent units have a first axis of directions: the next one has the gates.
    axis = 1 if len(shape) > 1 and shape[0] <= 2 else 0
    slices = shape[axis]
    inner = 1
    for n in shape[axis + 1 :]:
        inner *= n
    largest = [0.0] * slices
    for i, x in enumerate(numbers):
        s = i // inner % slices
        largest[s] = max(largest[s], abs(x))
    scales = struct.unpack(f"<{slices}f", struct.pack(f"<{slices}f", *((top or 1.0) / 127.0 for top in largest)))
    values = bytearray()
    for i, x in enumerate(numbers):
        values += struct.pack("<b", max(-127, min(127, round(x / scales[i // inner % slices]))))
    attribute = field(1, "axis") + field(3, axis) + field(20, 2)
    node = (
        field(1, f"{name}.int8")
        + field(1, f"{name}.scale")
        + field(2, name)
        + field(4, "DequantizeLinear")
        + field(5, attribute)
    )
    return (
        tensor(f"{name}.int8", shape, INT8, bytes(values)),
        tensor(f"{name}.scale", [slices], FLOAT, struct.pack(f"<{slices}f", *scales)),
        node,
    )


def quantise(model: bytes, least: int = LEAST) -> bytes:
    out = b""
    for tag, value, whole in fields(model):
        if tag != 7:  # anything but the graph
            out += whole
            continue
        nodes, rest = b"", b""
        for part, content, kept in fields(value):
            found = read_tensor(content) if part == 5 else None
            if found is None or len(found[2]) < least:
                rest += kept
                continue
            small, scale, node = quantised(*found)
            nodes += field(1, node)
            rest += field(5, small) + field(5, scale)
        out += field(7, nodes + rest)  # what makes the weights comes before what reads them
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("--models", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[1] / "models")
    parser.add_argument("--loss", nargs="*", default=[], help="metric=by how much it falls")
    options = parser.parse_args()
    path = options.models / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    entry = next((one for one in manifest["models"] if one["name"] == options.name), None)
    if entry is None:
        parser.error(f"{path} names no model {options.name}")
    source = options.models / entry["file"]
    small = quantise(source.read_bytes())
    target = source.with_suffix(".int8.onnx")
    target.write_bytes(small)
    entry["variants"] = [
        {
            "precision": "int8",
            "file": target.name,
            "sha256": hashlib.sha256(small).hexdigest(),
            "loss": {key: float(by) for key, by in (word.split("=") for word in options.loss)},
        }
    ]
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    print(f"{target}: {len(small)} bytes, of {source.stat().st_size}")


if __name__ == "__main__":
    main()

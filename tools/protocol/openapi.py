# SPDX-License-Identifier: Apache-2.0
"""Puts the message schemas into the OpenAPI document, so that it stands on its own."""

import json
import pathlib


def relocated(node: object) -> object:
    if isinstance(node, dict):
        return {
            key: value.replace("#/$defs/", "#/components/schemas/") if key == "$ref" else relocated(value)
            for key, value in node.items()
        }
    return [relocated(element) for element in node] if isinstance(node, list) else node


def document(paths: pathlib.Path, messages: pathlib.Path) -> str:
    openapi = json.loads(paths.read_text(encoding="utf-8"))
    schemas = json.loads(messages.read_text(encoding="utf-8"))["$defs"]
    openapi["components"]["schemas"] = relocated(schemas)
    return json.dumps(openapi, ensure_ascii=False, separators=(",", ":")) + "\n"

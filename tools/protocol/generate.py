#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the C++ and TypeScript message types from protocol/messages.schema.json.

Usage: generate.py [--schema FILE] [--cpp DIR] [--ts FILE] [--openapi FILE]

--cpp DIR writes DIR/auralis/protocol/messages.hpp and messages.cpp; --ts FILE writes that one file; --openapi FILE
writes protocol/openapi.json with the schemas in it. Files whose content would not change are left alone, so that
nothing is rebuilt for nothing.
"""

import argparse
import pathlib
import sys

import cpp
import openapi
import schema
import typescript

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def write(path: pathlib.Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schema", type=pathlib.Path, default=REPOSITORY / "protocol" / "messages.schema.json")
    parser.add_argument("--cpp", type=pathlib.Path, metavar="DIR", help="write the C++ types below DIR")
    parser.add_argument("--ts", type=pathlib.Path, metavar="FILE", help="write the TypeScript types to FILE")
    parser.add_argument("--openapi", type=pathlib.Path, metavar="FILE", help="write the OpenAPI document to FILE")
    arguments = parser.parse_args()
    if not (arguments.cpp or arguments.ts or arguments.openapi):
        parser.error("nothing to do: give --cpp DIR, --ts FILE or --openapi FILE")
    try:
        model = schema.load(arguments.schema)
        if arguments.cpp:
            write(arguments.cpp / "auralis" / "protocol" / "messages.hpp", cpp.header(model))
            write(arguments.cpp / "auralis" / "protocol" / "messages.cpp", cpp.source(model))
        if arguments.ts:
            write(arguments.ts, typescript.module(model))
        if arguments.openapi:
            paths = REPOSITORY / "protocol" / "openapi.json"
            write(arguments.openapi, openapi.document(paths, arguments.schema))
    except schema.SchemaError as error:
        print(f"{arguments.schema}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

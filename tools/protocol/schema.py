# SPDX-License-Identifier: Apache-2.0
"""Reads the protocol's JSON Schema into a small model that the C++ and TypeScript writers share.

Only the keywords below are understood, and any other is an error: nothing the schema demands may be lost on the way
to the validators. Integers without a bound are held to those that a JavaScript number carries exactly.
"""

import dataclasses
import json
import pathlib
import re

SAFE_INTEGER = 2**53 - 1


class SchemaError(Exception):
    """The schema uses something that the generator does not carry over."""


@dataclasses.dataclass(frozen=True)
class Atom:
    """One step of a pattern: `minimum` to `maximum` characters out of `characters`."""

    characters: str
    minimum: int
    maximum: int


@dataclasses.dataclass(frozen=True)
class Ref:
    name: str


@dataclasses.dataclass(frozen=True)
class Const:
    value: str


@dataclasses.dataclass(frozen=True)
class String:
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None

    @property
    def atoms(self) -> list[Atom]:
        return parse_pattern(self.pattern) if self.pattern else []


@dataclasses.dataclass(frozen=True)
class Enum:
    values: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Number:
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None


@dataclasses.dataclass(frozen=True)
class Integer:
    minimum: int
    maximum: int
    values: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Boolean:
    pass


@dataclasses.dataclass(frozen=True)
class Array:
    items: object
    min_items: int | None = None
    max_items: int | None = None


@dataclasses.dataclass(frozen=True)
class Nullable:
    """The value, or null where there is none to give."""

    inner: object


@dataclasses.dataclass(frozen=True)
class Field:
    name: str
    type: object
    required: bool
    description: str


@dataclasses.dataclass(frozen=True)
class Object:
    fields: tuple[Field, ...]


@dataclasses.dataclass(frozen=True)
class Union:
    """Objects told apart by the constant in their `type`."""

    alternatives: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Definition:
    name: str
    type: object
    description: str


KEYWORDS = {
    "string": {"enum", "pattern", "minLength", "maxLength"},
    "number": {"minimum", "maximum", "exclusiveMinimum"},
    "integer": {"minimum", "maximum", "enum"},
    "boolean": set(),
    "array": {"items", "minItems", "maxItems"},
    "object": {"additionalProperties", "required", "properties"},
}
ANNOTATIONS = {"description", "default"}


def parse_pattern(pattern: str) -> list[Atom]:
    """Cuts an anchored pattern into atoms that a single greedy pass decides.

    Understood: literal characters, classes such as [a-z0-9-], groups of single characters such as (#|b), each followed
    by nothing, ?, or {m,n}. Refused: anything that could need backtracking.
    """
    if not (pattern.startswith("^") and pattern.endswith("$")):
        raise SchemaError(f"pattern {pattern}: must be anchored with ^ and $")
    token = re.compile(r"(?:\[([^\]]+)\]|\(([^()]+)\)|([A-Za-z0-9#_-]))(\?|\{\d+,\d+\})?")
    body, position, atoms = pattern[1:-1], 0, []
    while position < len(body):
        match = token.match(body, position)
        if not match:
            raise SchemaError(f"pattern {pattern}: cannot carry over {body[position:]!r}")
        klass, group, literal, repeat = match.groups()
        if klass:
            characters = expand_class(klass)
        elif group:
            options = group.split("|")
            if any(len(option) != 1 for option in options):
                raise SchemaError(f"pattern {pattern}: groups may hold single characters only")
            characters = "".join(options)
        else:
            characters = literal
        low, high = (1, 1) if not repeat else (0, 1) if repeat == "?" else map(int, repeat[1:-1].split(","))
        atoms.append(Atom(characters, low, high))
        position = match.end()
    for before, after in zip(atoms, atoms[1:]):
        if before.minimum != before.maximum and set(before.characters) & set(after.characters):
            raise SchemaError(f"pattern {pattern}: could need backtracking")
    return atoms


def expand_class(klass: str) -> str:
    characters, index = [], 0
    while index < len(klass):
        if index + 2 < len(klass) and klass[index + 1] == "-":
            characters += [chr(code) for code in range(ord(klass[index]), ord(klass[index + 2]) + 1)]
            index += 3
        else:
            characters.append(klass[index])
            index += 1
    return "".join(characters)


class Reader:
    def __init__(self, document: dict):
        self.definitions: dict[str, Definition] = {}
        self.names = list(document["$defs"])
        for name, schema in document["$defs"].items():
            self.define(name, schema)
        for definition in list(self.definitions.values()):
            self.check_references(definition)

    def define(self, name: str, schema: dict) -> None:
        if name in self.definitions:
            raise SchemaError(f"{name}: defined twice")
        self.definitions[name] = Definition(name, self.read(name, schema), schema.get("description", ""))

    def read(self, where: str, schema: dict) -> object:
        keywords = set(schema) - ANNOTATIONS
        if "$ref" in schema:
            self.only(where, keywords, {"$ref"})
            prefix = "#/$defs/"
            if not schema["$ref"].startswith(prefix):
                raise SchemaError(f"{where}: only references to {prefix} are carried over")
            return Ref(schema["$ref"][len(prefix):])
        if "const" in schema:
            self.only(where, keywords, {"const"})
            if not isinstance(schema["const"], str):
                raise SchemaError(f"{where}: only constant strings are carried over")
            return Const(schema["const"])
        if "oneOf" in schema:
            self.only(where, keywords, {"oneOf"})
            if schema["oneOf"][1:] == [{"type": "null"}]:
                return Nullable(self.read(where, schema["oneOf"][0]))
            return Union(tuple(self.read(where, one).name for one in schema["oneOf"]))
        kind = schema.get("type")
        if kind not in KEYWORDS:
            raise SchemaError(f"{where}: type {kind!r} is not carried over")
        self.only(where, keywords, KEYWORDS[kind] | {"type"})
        return getattr(self, f"read_{kind}")(where, schema)

    @staticmethod
    def only(where: str, keywords: set, known: set) -> None:
        if keywords - known:
            raise SchemaError(f"{where}: keywords not carried over: {', '.join(sorted(keywords - known))}")

    def read_string(self, where: str, schema: dict) -> object:
        if "enum" in schema:
            self.only(where, set(schema) - ANNOTATIONS, {"type", "enum"})
            return Enum(tuple(schema["enum"]))
        string = String(schema.get("minLength"), schema.get("maxLength"), schema.get("pattern"))
        _ = string.atoms  # refuses a pattern that cannot be carried over
        return string

    def read_number(self, _where: str, schema: dict) -> Number:
        return Number(schema.get("minimum"), schema.get("maximum"), schema.get("exclusiveMinimum"))

    def read_integer(self, _where: str, schema: dict) -> Integer:
        values = tuple(schema.get("enum", ()))
        return Integer(schema.get("minimum", -SAFE_INTEGER), schema.get("maximum", SAFE_INTEGER), values)

    def read_boolean(self, _where: str, _schema: dict) -> Boolean:
        return Boolean()

    def read_array(self, where: str, schema: dict) -> Array:
        return Array(self.read(f"{where}Item", schema["items"]), schema.get("minItems"), schema.get("maxItems"))

    def read_object(self, where: str, schema: dict) -> Object:
        if schema.get("additionalProperties") is not False:
            raise SchemaError(f"{where}: objects must refuse unknown fields (additionalProperties: false)")
        required = set(schema.get("required", ()))
        unknown = required - set(schema["properties"])
        if unknown:
            raise SchemaError(f"{where}: required but not described: {', '.join(sorted(unknown))}")
        fields = []
        for name, inner in schema["properties"].items():
            if inner.get("type") == "object":
                lifted = where + "".join(part.capitalize() for part in name.split("_"))
                self.define(lifted, inner)
                kind: object = Ref(lifted)
            else:
                kind = self.read(f"{where}.{name}", inner)
            if isinstance(kind, Const) and name not in required:
                raise SchemaError(f"{where}.{name}: a constant must be required")
            if isinstance(kind, Nullable) and name not in required:
                raise SchemaError(f"{where}.{name}: what may be null must be required; what may be left out is never null")
            if isinstance(kind, Enum):
                raise SchemaError(f"{where}.{name}: give the enumeration a name under $defs")
            fields.append(Field(name, kind, name in required, inner.get("description", "")))
        return Object(tuple(fields))

    def check_references(self, definition: Definition) -> None:
        for name in references(definition.type):
            if name not in self.definitions:
                raise SchemaError(f"{definition.name}: refers to {name}, which is not defined")
        if isinstance(definition.type, Union):
            for name in definition.type.alternatives:
                tag_of(self.definitions[name])

    def ordered(self) -> list[Definition]:
        """Every definition after those it refers to."""
        done: dict[str, Definition] = {}

        def visit(name: str, path: tuple[str, ...]) -> None:
            if name in path:
                raise SchemaError(f"{' -> '.join((*path, name))}: recursive types are not carried over")
            if name not in done:
                for inner in references(self.definitions[name].type):
                    visit(inner, (*path, name))
                done[name] = self.definitions[name]

        for name in self.definitions:
            visit(name, ())
        return list(done.values())


def references(kind: object) -> list[str]:
    if isinstance(kind, Ref):
        return [kind.name]
    if isinstance(kind, Union):
        return list(kind.alternatives)
    if isinstance(kind, Array):
        return references(kind.items)
    if isinstance(kind, Nullable):
        return references(kind.inner)
    if isinstance(kind, Object):
        return [name for field in kind.fields for name in references(field.type)]
    return []


def tag_of(definition: Definition) -> str:
    """The constant `type` by which a union tells this alternative."""
    if isinstance(definition.type, Object):
        for field in definition.type.fields:
            if field.name == "type" and isinstance(field.type, Const):
                return field.type.value
    raise SchemaError(f"{definition.name}: stands in a oneOf and so needs a constant `type`")


def load(path: pathlib.Path) -> Reader:
    return Reader(json.loads(path.read_text(encoding="utf-8")))


def number(value: float) -> str:
    return repr(int(value)) if float(value).is_integer() else repr(value)


def expectation(kind: object) -> str:
    """What a value must be, in words; both languages say the same."""
    if isinstance(kind, Number):
        if kind.exclusive_minimum is not None and kind.maximum is not None:
            return f"a number above {number(kind.exclusive_minimum)} and up to {number(kind.maximum)}"
        if kind.exclusive_minimum is not None:
            return f"a number above {number(kind.exclusive_minimum)}"
        return "a number" + span(kind.minimum, kind.maximum)
    if isinstance(kind, Integer):
        if kind.values:
            return "one of " + ", ".join(map(str, kind.values))
        return "an integer" + span(
            None if kind.minimum == -SAFE_INTEGER else kind.minimum,
            None if kind.maximum == SAFE_INTEGER and kind.minimum == -SAFE_INTEGER else kind.maximum)
    if isinstance(kind, Boolean):
        return "true or false"
    if isinstance(kind, Enum):
        return "one of " + ", ".join(kind.values)
    if isinstance(kind, String):
        if kind.pattern:
            return f"a string matching {kind.pattern}"
        if kind.max_length is not None:
            return f"a string of {kind.min_length or 0} to {kind.max_length} characters"
        if kind.min_length is not None:
            return f"a string of at least {kind.min_length} characters"
        return "a string"
    if isinstance(kind, Array):
        if kind.min_items is not None and kind.min_items == kind.max_items:
            return f"an array of {kind.min_items}"
        return "an array"
    raise SchemaError(f"no words for {kind}")


def span(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {number(low)} to {number(high)}"
    if low is not None:
        return f" of at least {number(low)}"
    if high is not None:
        return f" of at most {number(high)}"
    return ""

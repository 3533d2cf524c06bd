"""Checks a document against a JSON Schema, as far as the project's schemas go: no keyword is passed over."""

from __future__ import annotations

_NUMBER = (int, float)
_TYPES = {"string": str, "integer": int, "number": _NUMBER, "boolean": bool, "object": dict, "array": list}
_PROSE = {"$schema", "title", "description"}


def violations(value: object, schema: dict[str, object], place: str = "$") -> list[str]:
    """What in a document is not as its schema says, each with its place."""
    found = []
    for keyword, wanted in schema.items():
        if keyword not in _PROSE:
            found += _CHECKS[keyword](value, wanted, schema, place)
    return found


def _type(value, wanted, _schema, place):
    names = [wanted] if isinstance(wanted, str) else wanted
    return [] if any(_is(value, name) for name in names) else [f"{place}: {value!r} is not {wanted}"]


def _is(value, name):
    if name == "null":
        return value is None
    return isinstance(value, _TYPES[name]) and isinstance(value, bool) == (name == "boolean")


def _enum(value, wanted, _schema, place):
    return [] if value in wanted else [f"{place}: {value!r} is none of {wanted}"]


def _const(value, wanted, _schema, place):
    return [] if value == wanted else [f"{place}: {value!r} is not {wanted!r}"]


def _minimum(value, wanted, _schema, place):
    return [] if value >= wanted else [f"{place}: {value!r} is less than {wanted}"]


def _required(value, wanted, _schema, place):
    return [f"{place}: {name} is missing" for name in wanted if name not in value]


def _properties(value, wanted, _schema, place):
    known = sorted(wanted.keys() & value.keys())
    return [text for name in known for text in violations(value[name], wanted[name], f"{place}.{name}")]


def _additional(value, wanted, schema, place):
    more = sorted(value.keys() - schema.get("properties", {}).keys())
    if wanted is False:
        return [f"{place}: {name} is not known" for name in more]
    return [text for name in more for text in violations(value[name], wanted, f"{place}.{name}")]


def _items(value, wanted, _schema, place):
    return [text for n, item in enumerate(value) for text in violations(item, wanted, f"{place}[{n}]")]


def _least(value, wanted, _schema, place):
    return [] if len(value) >= wanted else [f"{place}: too few"]


def _most(value, wanted, _schema, place):
    return [] if len(value) <= wanted else [f"{place}: too many"]


_CHECKS = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _minimum,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "minItems": _least,
    "maxItems": _most,
}

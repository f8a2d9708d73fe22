"""Fit a document to a section of the schema; every mistake becomes one plain line with its place and mend."""

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from monitor.config.document import Document, KeyPath, Place
from monitor.config.fields import kind_of
from monitor.config.schema import Section
from monitor.config.words import listing, nearest
from monitor.core.errors import ConfigError

S = TypeVar("S", bound=Section)

_WORDS = {
    "string_type": ("must be text", "put the value in quotes"),
    "bool_type": ("must be true or false", "write true or false, without quotes"),
    "float_type": ("must be a number", "write a number, without quotes"),
    "tuple_type": ("must be a list", "write [one, two] or one “- ” line each"),
    "dict_type": ("must be a group of keys", "write “key: value” lines, indented below it"),
    "model_type": ("must be a group of keys", "write “key: value” lines, indented below it"),
    "model_attributes_type": ("must be a group of keys", "write “key: value” lines, indented below it"),
}

_MISSING = "is missing"


def fit(section: type[S], document: Document, path: KeyPath = ()) -> S:
    """The part of the document below `path` as a section. Raises ConfigError for the topmost mistake."""
    try:
        return section.model_validate(_below(document.values, path))
    except ValidationError as error:
        mistakes = [_mistake(section, document, path, detail) for detail in error.errors(include_url=False)]
    raise min(mistakes, key=_order)


def _below(values: Any, path: KeyPath) -> Any:
    for step in path:
        values = values[step]
    return values


def _order(error: ConfigError) -> tuple[bool, Place]:
    # What is missing comes last: it is most often what an unknown key beside it was meant to be.
    return error.problem == _MISSING, (error.where.line, error.where.column)


def _mistake(section: type[Section], document: Document, start: KeyPath, detail: ErrorDetails) -> ConfigError:
    path = (*start, *detail["loc"])
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "mistake":
        return document.mistake(path, context["problem"], context["mend"])
    if kind == "extra_forbidden":
        known = _keys(section, detail["loc"][:-1])
        return document.mistake(
            path, "unknown key", nearest(str(path[-1]), known) or f"known are {listing(known)}"
        )
    if kind == "missing":
        return document.mistake(path, _MISSING, _how_to_add(str(path[-1])))
    if kind in _WORDS:
        problem, mend = _WORDS[kind]
        return document.mistake(path, f"{problem}, not {kind_of(detail['input'])}", mend)
    return document.mistake(path, *_bounds(kind, context))


def _bounds(kind: str, context: Mapping[str, Any]) -> tuple[str, str]:
    match kind:
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}", "write a larger number"
        case "less_than_equal":
            return f"must be at most {context['le']:g}", "write a smaller number"
        case "string_too_short":
            return "must not be empty", "write it, or remove the key"
        case "finite_number":
            return "must be an ordinary number", "write a number like 3 or 0.5"
    raise AssertionError(f"no words for the mistake {kind}")


_EXAMPLES = {
    "chats": "add “chats:” with “- {name: desk, id: $TELEGRAM_CHAT_ID}”",
    "sources": "add “sources:” with “use: [first-set]”",
    "rules": "add “rules:” with a list of rules",
    "id": "add “id: …”",
    "url": "add “url: https://…”",
    "from": 'add “from: "23:00"”',
    "to": 'add “to: "07:00"”',
}


def _how_to_add(key: str) -> str:
    return _EXAMPLES.get(key, f"add “{key}: …”")


def _keys(section: type[Section], path: KeyPath) -> list[str]:
    """The keys that may stand below `path`, found by following the annotations."""
    here: Any = section
    for step in path:
        here = _inner(here, step)
    return [field.alias or name for name, field in here.model_fields.items()]


def _inner(section: type[BaseModel], step: str | int) -> Any:
    for name, field in section.model_fields.items():
        if step in (name, field.alias):
            return _section_in(field.annotation)
    return section  # an index of a list or a key of a mapping: already inside


def _section_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_section_in(part) for part in get_args(annotation))
    return next((part for part in inner if part is not None), None)

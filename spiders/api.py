"""JSON lists: fields named by the catalogue, items become entries."""

import json
import re
from collections.abc import Iterator
from typing import Any

from monitor.core.model import ListFields
from spiders.raw import LARGEST, Raw

_CALLBACK = re.compile(r"\A\s*[\w$.]{1,80}\s*\(")
_STEP = re.compile(r"([^.\[\]]+)|\[(\*|\d{1,6})\]")
_HOLE = re.compile(r"\{([^{}]{1,80})\}")


class NotJsonError(ValueError):
    """The text is no JSON; `str()` says so in words."""


def load_json(text: str) -> Any:
    """Read JSON, unwrapping a JSONP callback. Raises NotJsonError."""
    try:
        return json.loads(_unwrapped(text), strict=False)
    except (ValueError, RecursionError) as error:
        raise NotJsonError("not JSON, or cut off") from error


def _unwrapped(text: str) -> str:
    """What a callback is given; the text itself when there is none. No search: its end is at the end."""
    call = _CALLBACK.match(text)
    inside = text[call.end() :].rstrip().removesuffix(";").rstrip() if call else ""
    return inside[:-1] if inside.endswith(")") else text


def select(document: Any, path: str) -> Iterator[Any]:
    """Everything at a dotted path: `$[*]`, `data.list[*]`, `searchVO.catMap.*.listVO`; a list at the end is
    walked."""
    found = [document]
    for name, index in _STEP.findall(path.removeprefix("$")):
        found = [child for value in found for child in _children(value, name, index)]
    for value in found:
        yield from value if isinstance(value, list) else [value]


def _children(value: Any, name: str, index: str) -> list[Any]:
    if name == "*" or index == "*":
        return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if index:
        return value[int(index) : int(index) + 1] if isinstance(value, list) else []
    return [value[name]] if isinstance(value, dict) and name in value else []


def field_text(item: Any, path: str) -> str:
    """The text or number at a dotted path inside an item, or at the next path behind a `|`; "" when there is
    none."""
    for one in path.split("|") if path else ():
        value = next(select(item, one.strip()), None)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            return str(value)
    return ""


def link_text(item: Any, link: str) -> str:
    """The link, by path or from a template; "" when a field of the template is missing."""
    holes = _HOLE.findall(link)
    if not holes:
        return field_text(item, link)
    if not all(field_text(item, hole) for hole in holes):
        return ""
    return _HOLE.sub(lambda hole: field_text(item, hole[1]), link)


def json_list(text: str, fields: ListFields) -> tuple[list[Raw], str]:
    """The items of a list whose fields the catalogue names, and the problem in words. Raises NotJsonError."""
    document = load_json(text)
    items = [item for item in select(document, fields.items) if isinstance(item, dict)][:LARGEST]
    raws = [
        Raw(
            title=field_text(item, fields.title),
            link=link_text(item, fields.link),
            guid=field_text(item, fields.id),
            summary=field_text(item, fields.summary),
            content=field_text(item, fields.content),
            dates=(field_text(item, fields.date),),
        )
        for item in items
    ]
    if not raws:
        return [], "empty: no items at the declared place" if document else "empty list"
    if not any(raw.title for raw in raws):
        return [], "the declared title field is in none of the items"
    return raws, ""


def json_feed(document: dict[str, Any]) -> list[Raw]:
    """The items of a JSON Feed (jsonfeed.org, versions 1 and 1.1)."""
    language = field_text(document, "language")
    return [
        Raw(
            title=field_text(item, "title"),
            link=field_text(item, "url") or field_text(item, "external_url"),
            guid=field_text(item, "id"),
            summary=field_text(item, "summary"),
            content=field_text(item, "content_html") or field_text(item, "content_text"),
            dates=(field_text(item, "date_published"), field_text(item, "date_modified")),
            language=field_text(item, "language") or language,
        )
        for item in list(select(document, "items"))[:LARGEST]
        if isinstance(item, dict)
    ]

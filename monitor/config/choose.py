"""From the `sources:` section to the sources that are watched: chosen, overridden, added."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from monitor.config.document import Document, KeyPath
from monitor.config.schema import FeedSection, FieldsSection, OverrideSection, SourceSection, SourcesSection
from monitor.config.selectors import css_problem
from monitor.config.words import nearest
from monitor.core.model import Feed, Kind, ListFields, Method, Selectors, Source, SourceId, Tier, Use

_AS_IS = (
    "name",
    "homepage",
    "kind",
    "tier",
    "timezone",
    "region",
    "every",
    "rhythm",
    "delay",
    "fetch_pages",
    "verify_tls",
    "browser",
)
_LOOK = "see `policywire sources list`"
_DESCRIBED = (Method.JSON, Method.LISTING)
_FIELDS_PROBLEM = "method json or listing and fields belong together"
_FIELDS_MEND = "write method: json or listing together with fields: {items: …, title: …, link: …}"


def choose(section: SourcesSection, document: Document, shipped: Sequence[Source]) -> tuple[Source, ...]:
    """The watched sources, in the catalogue's order, own ones last. Raises ConfigError."""
    base: KeyPath = ("sources",)
    taken = _named(section.use, document, (*base, "use"), shipped)
    left_out = _named(section.skip, document, (*base, "skip"), shipped)
    chosen = [source for source in shipped if source.id in taken - left_out]
    if section.every is not None:
        chosen = [replace(source, every=section.every) for source in chosen]
    overridden = _overridden(chosen, section, document, {source.id for source in shipped})
    sources = (*overridden, *_added(section, document, {source.id for source in shipped}))
    if not sources:
        raise document.mistake(base, "no source is chosen", "write use: [first-set]")
    return sources


def _named(
    words: Sequence[str], document: Document, path: KeyPath, shipped: Sequence[Source]
) -> set[SourceId]:
    ids: set[SourceId] = set()
    for index, word in enumerate(words):
        found = {source.id for source in shipped if word in _names(source)}
        if not found:
            known = {name for source in shipped for name in _names(source)}
            mend = nearest(word, sorted(known)) or _LOOK
            raise document.mistake((*path, index), f"no source, tag, kind: or tier: is called “{word}”", mend)
        ids |= found
    return ids


def _names(source: Source) -> tuple[str, ...]:
    """The words a source can be chosen by."""
    return (source.id, *source.tags, f"kind:{source.kind}", f"tier:{int(source.tier)}")


def _overridden(
    chosen: Iterable[Source], section: SourcesSection, document: Document, known: set[SourceId]
) -> list[Source]:
    path: KeyPath = ("sources", "override")
    for name in section.override:
        if name not in known:
            problem = f"the catalogue has no source “{name}”"
            raise document.mistake((*path, name), problem, nearest(name, sorted(known)) or _LOOK)
    return [
        replace(source, **_checked(section.override[source.id], document, (*path, source.id)))
        if source.id in section.override
        else source
        for source in chosen
    ]


def _checked(section: OverrideSection, document: Document, path: KeyPath) -> dict[str, Any]:
    given = changes(section, document, path)
    _check_selectors(given.get("feeds", ()), document, path)
    return given


def _added(section: SourcesSection, document: Document, shipped: set[SourceId]) -> tuple[Source, ...]:
    path: KeyPath = ("sources", "add")
    counted = Counter(one.id for one in section.add)
    for index, one in enumerate(section.add):
        if one.id in shipped:
            mend = "choose another id, or change the shipped one under override"
            raise document.mistake(
                (*path, index, "id"), f"the catalogue has a source “{one.id}” already", mend
            )
        if counted[one.id] > 1 and one.id in {earlier.id for earlier in section.add[:index]}:
            problem = f"two sources have the id “{one.id}”"
            raise document.mistake((*path, index, "id"), problem, "choose another id")
    added = tuple(
        built(one, document, (*path, index), every=section.every) for index, one in enumerate(section.add)
    )
    for index, source in enumerate(added):
        _check_selectors(source.feeds, document, (*path, index))
    return added


def built(
    section: SourceSection,
    document: Document,
    path: KeyPath,
    *,
    kind: Kind = Kind.INTERNATIONAL,
    every: Any = None,
) -> Source:
    """A source from its section alone; an id and a url are enough."""
    given = changes(section, document, path)
    if "feeds" not in given:
        raise document.mistake((*path, "url"), "the source has no url", "add “url: https://…”")
    first = urlsplit(given["feeds"][0].url)
    defaults: dict[str, Any] = {
        "name": str(section.id),
        "homepage": f"{first.scheme}://{first.netloc}/",
        "kind": kind,
        "tier": Tier.REPORTING,
    }
    if every is not None:
        defaults["every"] = every
    return Source(id=SourceId(section.id), **{**defaults, **given})


def changes(section: OverrideSection, document: Document, path: KeyPath) -> dict[str, Any]:
    """What the section says about a source, by the names of Source."""
    said = {name: getattr(section, name) for name in section.model_fields_set}
    given = {name: said[name] for name in _AS_IS if said.get(name) not in (None, "")}
    if languages := section.languages or tuple(filter(None, (section.language,))):
        given["languages"] = languages
    if section.tags:
        given["tags"] = section.tags
    if section.selectors is not None:
        given["selectors"] = Selectors(**section.selectors.model_dump())
    if feeds := _feeds(section, document, path):
        given["feeds"] = feeds
    return given


def _feeds(section: OverrideSection, document: Document, path: KeyPath) -> tuple[Feed, ...]:
    if section.url and section.feeds:
        raise document.mistake((*path, "url"), "url and feeds stand side by side", "keep one of the two")
    if section.url:
        return (Feed(name="feed", url=section.url),)
    feeds = tuple(_feed(feed, document, (*path, "feeds", index)) for index, feed in enumerate(section.feeds))
    if feeds and all(feed.use is not Use.PRIMARY for feed in feeds):
        raise document.mistake((*path, "feeds"), "no feed is primary", "remove “use:” from the main one")
    return feeds


def _feed(section: FeedSection, document: Document, path: KeyPath) -> Feed:
    method = section.method or Method.FEED
    _check_fields(method, section.fields, document, path)
    return Feed(
        name=section.name,
        url=section.url,
        method=method,
        use=section.use or Use.PRIMARY,
        fields=ListFields(**section.fields.model_dump()) if section.fields else None,
        leads_to=section.leads_to,
    )


def _check_fields(method: Method, fields: FieldsSection | None, document: Document, path: KeyPath) -> None:
    if (method in _DESCRIBED) != (fields is not None):
        raise document.mistake((*path, "method"), _FIELDS_PROBLEM, _FIELDS_MEND)
    if fields is None:
        return
    if method is Method.JSON:
        for key in ("title", "link"):
            if not getattr(fields, key):
                mend = f"write the path of the {key} in an item"
                raise document.mistake((*path, "fields", key), f"a JSON list needs {key}", mend)


def _check_selectors(feeds: Sequence[Feed], document: Document, path: KeyPath) -> None:
    """Raise ConfigError for a selector of a user's HTML list that is no CSS; our own are tested."""
    for index, feed in enumerate(feeds):
        if feed.method is not Method.LISTING or feed.fields is None:
            continue
        for key in ("items", "title", "link", "date", "summary", "content", "id"):
            problem = css_problem(getattr(feed.fields, key))
            if problem:
                where = (*path, "feeds", index, "fields", key)
                raise document.mistake(where, problem, "write it as in a browser's developer tools")

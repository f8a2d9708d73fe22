"""The bilingual words that ship with the service, read from the lists of `monitor/terms/lexicon`."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from monitor.core.lexicon import Concept, Lexicon
from monitor.core.text import normalise

_COMMON = 0.5
_LISTS = ("places.txt", "bodies.txt", "names.txt", "words.txt", "units.txt")


@cache
def shipped_lexicon() -> Lexicon:
    """The shipped words, compiled."""
    concepts = [concept for name in _LISTS for concept in read_concepts(_text(name))]
    stop = [word for line in _lines(_text("stop.txt")) for word in line.split()]
    common = [word for line in _lines(_text("common.txt")) for word in line.split()]
    return Lexicon([*concepts, *map(_common, dict.fromkeys(common))], stop)


def read_concepts(text: str) -> Iterator[Concept]:
    """Read lines of `english, forms = 中文 写法`; a line `@kind weight` holds for those that follow."""
    kind, weight = "", 0.0
    for line in _lines(text):
        if line.startswith("@"):
            kind, _, number = line[1:].partition(" ")
            weight = float(number)
            continue
        english, _, chinese = line.partition("=")
        forms = tuple(normalise(form.strip()).text for form in english.split(",") if form.strip())
        yield Concept(
            name=forms[0],
            kind=kind,
            weight=weight,
            english=forms,
            chinese=tuple(normalise(form).text for form in chinese.split()),
        )


def _common(word: str) -> Concept:
    side = "english" if word.isascii() else "chinese"
    return Concept(name=word, kind="common", weight=_COMMON, **{side: (word,)})


def _text(name: str) -> str:
    return files("monitor").joinpath("terms", "lexicon", name).read_text("utf-8")


def _lines(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if line.strip() and not line.startswith("#"))

"""Reads a text as tokens that mean the same in English and in Chinese, each with a weight for its rarity."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from ahocorasick_rs import AhoCorasick, MatchKind

_LATIN_WORD = re.compile(r"[a-z0-9][a-z0-9.&'-]*[a-z0-9]|[a-z0-9]")
_HAN_RUN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
_ABBREVIATION = re.compile(r"(?:[a-z]\.)+[a-z]")
_LONGEST = 6  # words of an English form
_PLAIN_WORD = 1.6  # an English word that no list covers: a name, most of the time
_CODE = 1.7  # letters with digits, or Latin letters within Chinese: model numbers, foreign names
_GRAM = 0.7  # two neighbouring characters that no concept covers; a name of four yields three
_PARTICLES = re.compile("[的了将就对与和及在等为被把并从向于是或至以其该这那个要会已再又还也都让给由]")

# Endings taken off so that the forms of one word meet; crude, but the same for both reports.
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("e", ""))
_SHORTEST_STEM = 3
_WHOLE = frozenset({"trading"})  # on a market (交易), which is no trade between countries (贸易)


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One meaning with its forms in both languages; the first English form names it."""

    name: str
    kind: str  # place, body, name, object, act, generic; after a colon a place's country, an object's kind
    weight: float  # 0.3 tells next to nothing, 2 nearly all
    english: tuple[str, ...] = ()
    chinese: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Something a text mentions: a concept by its name, an uncovered word, or two Chinese characters."""

    text: str
    weight: float
    kind: str  # of the concept; "word", "code" or "gram" when no concept covers it

    @property
    def is_place(self) -> bool:
        """Whether it is a country, a region or a city."""
        return self.kind.partition(":")[0] == "place"

    @property
    def slot(self) -> str:
        """For a place the one it lies in, for an object the slot that only one of its kind fills; else ""."""
        return self.kind.partition(":")[2].replace("-", " ")


class Lexicon:
    """Finds concepts by their longest forms; what they leave over becomes words and character pairs."""

    def __init__(self, concepts: Iterable[Concept], stop_words: Iterable[str] = ()) -> None:
        """`concepts` and `stop_words` are written as folded by `text.normalise`."""
        self._stop = frozenset(stem(word) for word in stop_words)
        self._english: dict[tuple[str, ...], Token] = {}
        chinese: dict[str, list[Token]] = {}
        for concept in concepts:
            token = Token(text=f"={concept.name}", weight=concept.weight, kind=concept.kind)
            for form in concept.english:
                self._english.setdefault(tuple(map(stem, words_of(form))), token)
            for form in concept.chinese:
                if concept.kind != "common" or form not in chinese:  # a meaning of its own goes first
                    chinese.setdefault(form, []).append(token)
        self._forms = [tuple(tokens) for tokens in chinese.values()]
        self._finder = AhoCorasick(list(chinese), matchkind=MatchKind.LeftmostLongest)

    def tokens(self, folded: str) -> dict[str, Token]:
        """The tokens of a folded text by their text, in the order they first appear in each script."""
        found: dict[str, Token] = {}
        has_han = _HAN_RUN.search(folded) is not None
        for token in self._latin(folded, has_han):
            found.setdefault(token.text, token)
        if has_han:
            for token in self._han(folded):
                found.setdefault(token.text, token)
        return {text: token for text, token in found.items() if token.weight}

    def _latin(self, folded: str, within_chinese: bool) -> Iterator[Token]:
        words = [stem(part) for word in words_of(folded) for part in self._parts(word)]
        place = 0
        while place < len(words):
            token, length = self._longest(words, place)
            if token is None:
                token = self._uncovered(words[place], within_chinese)
            if token is not None:
                yield token
            place += length

    def _parts(self, word: str) -> list[str]:
        """A word, or what hyphens join to a place: us-led, russian-flagged, china-eu."""
        if "-" not in word or (stem(word),) in self._english:
            return [word]
        parts = [_bare(part) for part in word.split("-") if part]
        known = (self._english.get((stem(part),)) for part in parts)
        return parts if any(token is not None and token.is_place for token in known) else [word]

    def _longest(self, words: list[str], place: int) -> tuple[Token | None, int]:
        for length in range(min(_LONGEST, len(words) - place), 0, -1):
            token = self._english.get(tuple(words[place : place + length]))
            if token is not None:
                return token, length
        return None, 1

    def _uncovered(self, word: str, within_chinese: bool) -> Token | None:
        if word in self._stop or len(word) < 2 or not any(c.isalpha() for c in word):
            return None  # plain numbers are facts, not words
        if within_chinese or any(c.isdigit() for c in word):
            return Token(text=word, weight=_CODE, kind="code")
        return Token(text=word, weight=_PLAIN_WORD, kind="word")

    def _han(self, folded: str) -> Iterator[Token]:
        done = 0
        for form, start, end in self._finder.find_matches_as_indexes(folded):
            yield from _grams(folded[done:start])
            yield from self._forms[form]
            done = end
        yield from _grams(folded[done:])


def _grams(text: str) -> Iterator[Token]:
    for run in _HAN_RUN.findall(text):
        for piece in _PARTICLES.split(run):
            for i in range(len(piece) - 1):
                yield Token(text=piece[i : i + 2], weight=_GRAM, kind="gram")


def words_of(folded: str) -> list[str]:
    """The Latin words and numbers of a folded text; possessives and the dots of abbreviations are off."""
    return [_bare(word) for word in _LATIN_WORD.findall(folded)]


def _bare(word: str) -> str:
    if _ABBREVIATION.fullmatch(word):
        return word.replace(".", "")
    return word.removesuffix("'s").removesuffix("'")


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A word without its ending."""
    if word in _WHOLE or any(c.isdigit() for c in word):
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM and not word.endswith("ss"):
            return word[: len(word) - len(ending)] + instead
    return word

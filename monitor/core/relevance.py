"""The learned part of a verdict: plain weights for words and for what the rules saw, in rule points."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite, sqrt
from typing import Any

FEATURES = 1  # raised whenever `features` names anything differently; older weights are refused then
MOST_POINTS = 1.0  # what the model may add or take at most: it settles close calls, no more (decision note 9)
LONGEST_LEAD = 240  # characters of the lead that are looked at
LONGEST_HAN = 4  # characters of a Chinese n-gram
LONGEST_HAN_IN_LEAD = 3
MOST_SHOWN = 4  # features named in an explanation
PARTS = ("title", "lead", "rules")

_RUN = re.compile("[\u3400-\u9fff]+|[a-z][a-z0-9'&.]*")
_HAN = re.compile("[\u3400-\u9fff]")
_PIECE = 5  # letters of the pieces of an English word


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What the model added to a score, and its strongest features in words."""

    points: float
    because: tuple[str, ...] = ()

    def in_words(self) -> str:
        """One line for the explanation."""
        return f"model {self.points:+g}" + (f": {', '.join(self.because)}" if self.because else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What the model looks at, by name, part by part; each name once."""

    title: tuple[str, ...]
    lead: tuple[str, ...]
    rules: tuple[str, ...]

    def parts(self) -> tuple[tuple[str, ...], ...]:
        """In the order of `PARTS`."""
        return self.title, self.lead, self.rules


class ModelError(ValueError):
    """The mapping does not hold weights of this version; says why, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """The weights. Equal when their `version` is: the digest of the file they came from."""

    version: str
    trained_on: str  # SHA-256 of the labelled file
    weights: Mapping[str, Mapping[str, float]] = field(compare=False, repr=False)  # by part, by feature

    def share(self, found: Features) -> Share:
        """Points within ±`MOST_POINTS`. Parts of the text count by their mean, so length is no evidence."""
        effects = list(self._effects(found))
        points = round(max(-MOST_POINTS, min(MOST_POINTS, sum(effect for effect, _, _ in effects))), 2)
        return Share(points=points, because=tuple(_strongest(effects, points)))

    def _effects(self, found: Features) -> Iterator[tuple[float, str, str]]:
        for part, names in zip(PARTS, found.parts(), strict=True):
            known = self.weights[part]
            scale = scale_of(part, len(names))
            for name in names:
                weight = known.get(name)
                if weight is not None:
                    yield weight * scale, part, name


def scale_of(part: str, count: int) -> float:
    """What each of `count` features of a part is multiplied with: text is brought to length one."""
    return 1.0 if part == "rules" or not count else 1 / sqrt(count)


def relevance_from(kept: Mapping[str, Any], version: str) -> Relevance:
    """The model in the mapping that `policywire train` writes. Raises ModelError."""
    if kept.get("features") != FEATURES:
        raise ModelError(f"its features are of version {kept.get('features')}, this program reads {FEATURES}")
    weights = kept.get("weights")
    if not isinstance(weights, dict) or not all(_is_part(weights.get(part)) for part in PARTS):
        raise ModelError(f"it needs weights for {', '.join(PARTS)}, each a number by name")
    return Relevance(version=version, trained_on=str(kept.get("trained_on", "")), weights=weights)


def _is_part(part: object) -> bool:
    return isinstance(part, dict) and all(isinstance(w, int | float) and isfinite(w) for w in part.values())


# ── features ──


def features(*, title: str, lead: str, evidence: Iterable[str]) -> Features:
    """Features of a normalised title and lead (the summary, without the title) and of the rules' evidence."""
    language = script_of(title)
    return Features(
        title=tuple(dict.fromkeys(_grams(title, LONGEST_HAN, pieces=True))),
        lead=tuple(dict.fromkeys(_grams(lead[:LONGEST_LEAD], LONGEST_HAN_IN_LEAD, pieces=False))),
        rules=(f"lang {language}", *dict.fromkeys(evidence)),
    )


def script_of(title: str) -> str:
    """The script decides: one Chinese character makes a headline Chinese."""
    return "zh" if _HAN.search(title) else "en"


def _grams(text: str, longest: int, *, pieces: bool) -> Iterator[str]:
    before = ""
    for run in _RUN.findall(text):
        if run[0] >= "\u3400":
            before = ""
            for size in range(1, longest + 1):
                for start in range(len(run) - size + 1):
                    yield run[start : start + size]
            continue
        word = run.rstrip(".'&")
        yield word
        if before:
            yield f"{before} {word}"
        if pieces and len(word) > _PIECE:
            yield from _pieces(word)
        before = word


def _pieces(word: str) -> Iterator[str]:
    for start in range(len(word) - _PIECE + 1):
        yield f"…{word[start : start + _PIECE]}…"


# ── in words ──


def _strongest(effects: Iterable[tuple[float, str, str]], points: float) -> Iterator[str]:
    """The features that pulled hardest the way the points went, without parts of ones already named."""
    sign = 1 if points >= 0 else -1
    pulled = sorted(((effect * sign, part, name) for effect, part, name in effects), reverse=True)
    shown: list[str] = []
    for effect, part, name in pulled:
        if effect <= 0 or len(shown) == MOST_SHOWN:
            return
        bare = name.strip("…")
        if name.startswith("lang ") or any(bare in other or other in bare for other in shown):
            continue
        shown.append(bare)
        yield name if part == "rules" else f"“{name}” in {part}"

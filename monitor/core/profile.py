"""A report's profile: all that grouping keeps of it, and the keys by which like reports are looked up."""

import hashlib
import math
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from typing import Any

from monitor.core.facts import Facts, facts_of
from monitor.core.headline import bare_lead, bare_title
from monitor.core.lexicon import Lexicon, Token
from monitor.core.stance import stance
from monitor.core.text import normalise

_LEAD = 240  # characters of the lead that are read
_LEAD_TOKENS = 40
_CHINA = 0.3  # the weight of China as a place
_GRAM = {"zh": 2, "en": 4}  # characters of an overlapping piece of the title
_OF_ONE_LANGUAGE = frozenset({"gram", "common", "word"})

_TOP = 7  # tokens of a title whose pairs are keys: 21 keys at most
_LEAST_TOKEN = 0.45
_GOOD_PAIR = 1.8  # weight of a pair that is always worth a look-up: an object with an act, two bodies
_LEAST_PAIR = 1.4  # of one that is when a title has little else: two acts, two character pairs
_FEW_PAIRS = 10
_ROWS = 2
_BANDS = 6  # titles with half their pieces in common share one with probability 0.82
_PRIME = (1 << 61) - 1
# Fixed odd multipliers and offsets of the MinHash family, spread by the 64-bit golden ratio.
_FAMILY = tuple(
    (((2 * i + 1) * 0x9E3779B97F4A7C15) % _PRIME, ((i + 7) * 0xC2B2AE3D27D4EB4F) % _PRIME)
    for i in range(_ROWS * _BANDS)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is stored of a report for grouping: small, plain, the same whatever the language."""

    outlet: str
    language: str
    published_at: datetime
    title: str  # folded, without outlet and labels
    tokens: tuple[Token, ...]  # of the title
    lead: tuple[Token, ...] = ()  # of the lead, those the title lacks
    facts: Facts = field(default_factory=Facts)  # of the title, and the document number if known
    lead_amounts: frozenset[str] = frozenset()
    lead_documents: frozenset[str] = frozenset()
    # derived, for comparing; not stored
    weights: Mapping[str, float] = field(init=False, repr=False, compare=False)
    all_weights: Mapping[str, float] = field(init=False, repr=False, compare=False)
    spoken: Mapping[str, float] = field(init=False, repr=False, compare=False)  # known to both languages
    places: Mapping[str, str] = field(
        init=False, repr=False, compare=False
    )  # of the title, with where it lies
    slots: Mapping[str, frozenset[str]] = field(
        init=False, repr=False, compare=False
    )  # objects by their kind
    stance: tuple[int, ...] = field(init=False, repr=False, compare=False)
    grams: frozenset[str] = field(init=False, repr=False, compare=False)
    norm: float = field(init=False, repr=False, compare=False)
    all_norm: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        weights = {token.text: token.weight for token in self.tokens}
        all_weights = {token.text: token.weight for token in self.lead} | weights
        spoken = {t.text: t.weight for t in self.tokens if t.kind not in _OF_ONE_LANGUAGE}
        derived = {
            "weights": weights,
            "all_weights": all_weights,
            "spoken": spoken,
            "places": {t.text: t.slot for t in self.tokens if t.is_place and self._tells_place(t)},
            "slots": _slots(self.tokens),
            "stance": stance(self.title),
            "grams": grams_of(self.title, _GRAM.get(self.language, 3)),
            "norm": _norm(weights),
            "all_norm": _norm(all_weights),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def _tells_place(self, token: Token) -> bool:
        """China is everywhere, and in English its capital is its government."""
        return token.weight > _CHINA and not (self.language == "en" and token.text == "=beijing")


def _slots(tokens: Iterable[Token]) -> Mapping[str, frozenset[str]]:
    """What fills each slot that only one of its kind can fill: the mineral, the dealing with money."""
    filled: dict[str, set[str]] = defaultdict(set)
    for token in tokens:
        if token.slot and not token.is_place:
            filled[token.slot].add(token.text)
    return {slot: frozenset(names) for slot, names in filled.items()}


def _norm(weights: Mapping[str, float]) -> float:
    return math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0


def profile_of(
    lexicon: Lexicon,
    *,
    title: str,
    published_at: datetime,
    outlet: str,
    language: str,
    lead: str = "",
    document_number: str = "",
) -> Profile:
    """Read a report. `lead` is its summary or the start of its body; an untitled report is known by it."""
    lead = bare_lead(lead)[:_LEAD]
    headline = bare_title(title) or lead[:80]
    folded = normalise(headline).text
    tokens = lexicon.tokens(folded)
    told = lexicon.tokens(normalise(lead).text)
    said = facts_of(lead, lexicon)
    return Profile(
        outlet=outlet,
        language=language,
        published_at=published_at,
        title=folded,
        tokens=tuple(tokens.values()),
        lead=tuple(token for text, token in told.items() if text not in tokens)[:_LEAD_TOKENS],
        facts=facts_of(headline, lexicon, document_number=document_number),
        lead_amounts=said.amounts,
        lead_documents=said.documents,
    )


def grams_of(folded: str, length: int) -> frozenset[str]:
    """The overlapping pieces of a text's letters and digits, `length` characters each."""
    flat = "".join(char for char in folded if char.isalnum())
    if not flat:
        return frozenset()
    return frozenset(flat[i : i + length] for i in range(max(1, len(flat) - length + 1)))


# ── look-up ──


def keys_of(profile: Profile) -> tuple[int, ...]:
    """Signed 64-bit keys; reports that share one are compared. Some 20 of them: the weightiest tokens two
    by two, document numbers, amounts of three digits that count, the title itself, bands of its wording."""
    documents = sorted(profile.facts.documents | profile.lead_documents)
    names = [f"n {amount}" for amount in sorted(profile.facts.amounts) if _is_telling(amount)]
    names.append(f"t {profile.title}")
    names += [f"p {one} {other}" for one, other in _pairs(profile)]
    names += _bands(profile.grams)
    return tuple(dict.fromkeys([*map(document_key, documents), *map(_key, names)]))


def document_key(number: str) -> int:
    """The key of a document's number."""
    return _key(f"d {number}")


def _is_telling(amount: str) -> bool:
    return len(amount.rstrip("%").replace(".", "").rstrip("0")) >= 3


def _pairs(profile: Profile) -> Iterator[tuple[str, str]]:
    pairs = [
        (one.weight + other.weight, min(one.text, other.text), max(one.text, other.text))
        for one, other in combinations(_top(profile), 2)
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1:]))
    for place, (weight, one, other) in enumerate(pairs):
        least = _LEAST_PAIR if place < _FEW_PAIRS else _GOOD_PAIR
        if round(weight, 3) >= least:
            yield one, other


def _top(profile: Profile) -> list[Token]:
    """The weightiest tokens; among equals the choice falls by hash, so that like titles choose alike."""
    tokens = [token for token in profile.tokens if token.weight >= _LEAST_TOKEN]
    return sorted(tokens, key=lambda token: (-token.weight, _key(token.text)))[:_TOP]


def _bands(grams: frozenset[str]) -> Iterator[str]:
    if not grams:
        return
    hashes = [zlib.crc32(gram.encode()) for gram in grams]
    minima = [min((a * h + b) % _PRIME for h in hashes) for a, b in _FAMILY]
    for band in range(0, len(minima), _ROWS):
        yield f"b {band} {minima[band : band + _ROWS]}"


def _key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


# ── storing ──


def to_fields(profile: Profile) -> dict[str, Any]:
    """The profile as JSON-able fields."""
    facts = profile.facts
    return {
        "outlet": profile.outlet,
        "language": profile.language,
        "published_at": profile.published_at.isoformat(),
        "title": profile.title,
        "tokens": [[t.text, t.weight, t.kind] for t in profile.tokens],
        "lead": [[t.text, t.weight, t.kind] for t in profile.lead],
        "facts": {name: sorted(getattr(facts, name)) for name in Facts.__slots__ if getattr(facts, name)},
        "lead_amounts": sorted(profile.lead_amounts),
        "lead_documents": sorted(profile.lead_documents),
    }


def from_fields(fields: Mapping[str, Any]) -> Profile:
    """The profile that `to_fields` wrote."""
    return Profile(
        outlet=fields["outlet"],
        language=fields["language"],
        published_at=datetime.fromisoformat(fields["published_at"]),
        title=fields["title"],
        tokens=tuple(Token(text=text, weight=weight, kind=kind) for text, weight, kind in fields["tokens"]),
        lead=tuple(Token(text=text, weight=weight, kind=kind) for text, weight, kind in fields["lead"]),
        facts=Facts(**{name: frozenset(values) for name, values in fields["facts"].items()}),
        lead_amounts=frozenset(fields["lead_amounts"]),
        lead_documents=frozenset(fields["lead_documents"]),
    )

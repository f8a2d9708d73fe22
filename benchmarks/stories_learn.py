"""Fits the weights by which monitor/core/pairs.py compares two reports: a small logistic regression."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations

from monitor.config.lexicon import shipped_lexicon
from monitor.core.language import language_of
from monitor.core.pairs import WINDOW, features
from monitor.core.profile import Profile, keys_of, profile_of
from tests.stories_cases import CROSS_LANGUAGE

_FAR = timedelta(days=10)  # pairs of like wording further apart than this are taken to be two events
_GAPS = (0.0, 0.0, 0.0, 0.25, 0.25, 0.5, 0.75, 1.0)  # the time gap such a pair is given in its place
_PER_KEY = 200
_ROUNDS = 25
_RIDGE = 5e-5  # per row
_STORY, _CROSS_STORY, _LOOK_ALIKE, _OWN, _OWN_APART = 3.0, 8.0, 3.0, 8.0, 2.0  # weights of rows

# Too few labelled cases to learn these from: set by hand.
FIXED = {
    False: {
        "another_object": -4.0,
        "another_place": -5.0,
        "other_names": -3.0,
        "same_citation": 0.5,
        "same_document": 3.0,
        "same_title": 0.5,
    },
    True: {
        "another_object": -4.0,
        "another_place": -4.0,
        "gap": -5.0,
        "rare": 0.5,
        "told": 0.5,
        "reaction": -0.5,
        "other_names": -3.0,
        "other_numbers": -1.5,
        "same_citation": 0.5,
        "same_document": 3.0,
        "same_outlet": 0.0,
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A pair to learn from."""

    cross: bool
    same: bool
    weight: float
    features: Mapping[str, float]


def learn(
    profiles: Mapping[str, Profile], story: Mapping[str, str], apart: Sequence[tuple[str, str]]
) -> dict[str, dict[str, float]]:
    """Weights by feature for pairs in one language and across, from items published in odd months."""
    odd = {item: p for item, p in profiles.items() if p.published_at.month % 2}
    rows = [*_same(odd, story), *_apart(odd, apart), *_strangers(odd, story), *_own()]
    return {
        "SAME_LANGUAGE": fit([row for row in rows if not row.cross], FIXED[False]),
        "CROSS_LANGUAGE": fit([row for row in rows if row.cross], FIXED[True]),
    }


def _row(a: Profile, b: Profile, same: bool, weight: float, gap: float | None = None) -> Row:
    found = features(a, b)
    if gap is not None:
        found["gap"] = gap
    return Row(cross=a.language != b.language, same=same, weight=weight, features=found)


def _same(profiles: Mapping[str, Profile], story: Mapping[str, str]) -> list[Row]:
    """Pairs of one story; a large story must not outweigh the others."""
    members: dict[str, list[Profile]] = defaultdict(list)
    for item, name in story.items():
        if item in profiles:
            members[name].append(profiles[item])
    rows = []
    for reports in members.values():
        pairs = list(combinations(reports, 2))
        across = sum(a.language != b.language for a, b in pairs)
        for a, b in pairs:
            cross = a.language != b.language
            weight = _CROSS_STORY / across if cross else _STORY / math.sqrt(len(pairs) - across)
            rows.append(_row(a, b, True, weight))
    return rows


def _apart(profiles: Mapping[str, Profile], apart: Sequence[tuple[str, str]]) -> list[Row]:
    rows = []
    for place, (one, other) in enumerate(apart):
        if one in profiles and other in profiles:
            a, b = profiles[one], profiles[other]
            gap = None if _gap(a, b) <= WINDOW else _GAPS[3 + place % 5]
            rows.append(_row(a, b, False, _LOOK_ALIKE, gap))
    return rows


def _strangers(profiles: Mapping[str, Profile], story: Mapping[str, str]) -> list[Row]:
    """Pairs that the look-up proposes and that cannot be one event: of two labelled stories, or far apart."""
    rows = []
    for place, (one, other) in enumerate(_proposed(profiles)):
        a, b = profiles[one], profiles[other]
        if _gap(a, b) > _FAR:
            rows.append(_row(a, b, False, 1.0, _GAPS[place % len(_GAPS)]))
        elif _gap(a, b) <= WINDOW and one in story and other in story and story[one] != story[other]:
            rows.append(_row(a, b, False, _LOOK_ALIKE))
    return rows


def _proposed(profiles: Mapping[str, Profile]) -> list[tuple[str, str]]:
    index: dict[int, list[str]] = defaultdict(list)
    for item in sorted(profiles, key=lambda item: (profiles[item].published_at, item)):
        for key in keys_of(profiles[item]):
            index[key].append(item)
    pairs: Counter[tuple[str, str]] = Counter()
    for items in index.values():
        pairs.update(combinations(sorted(items[-_PER_KEY:]), 2))
    return sorted(pairs)


def _own() -> list[Row]:
    """Every second cross-language pair of our own writing; the others are for testing."""
    told = [(_told(en, day, "a"), _told(zh, day, "b")) for day, en, zh in CROSS_LANGUAGE[::2]]
    rows = [_row(a, b, True, _OWN) for a, b in told]
    for place, (a, _) in enumerate(told):
        for other, (_, b) in enumerate(told):
            if place != other and set(keys_of(a)) & set(keys_of(b)):
                rows.append(_row(a, b, False, _OWN_APART, 0.0))
    return rows


def _told(title: str, day: str, outlet: str) -> Profile:
    return profile_of(
        shipped_lexicon(),
        title=title,
        published_at=datetime.fromisoformat(day).replace(tzinfo=UTC),
        outlet=outlet,
        language=language_of(title),
    )


def _gap(a: Profile, b: Profile) -> timedelta:
    return abs(a.published_at - b.published_at)


# ── the regression ──


def fit(rows: Sequence[Row], fixed: Mapping[str, float]) -> dict[str, float]:
    """Newton's method on the penalised log-likelihood; `fixed` weights stay as given."""
    free = sorted({name for row in rows for name in row.features} - fixed.keys())
    table = [[*(row.features.get(name, 0.0) for name in free), 1.0] for row in rows]
    given = [sum(fixed.get(name, 0.0) * value for name, value in row.features.items()) for row in rows]
    theta = [0.0] * (len(free) + 1)
    for _ in range(_ROUNDS):
        theta = _step(rows, table, given, theta)
    return {name: round(value, 2) for name, value in zip((*free, "bias"), theta, strict=True)} | dict(fixed)


def _step(
    rows: Sequence[Row], table: Sequence[list[float]], given: Sequence[float], theta: list[float]
) -> list[float]:
    size = len(theta)
    penalty = [_RIDGE * len(rows)] * (size - 1) + [1e-6]
    slope = [penalty[i] * theta[i] for i in range(size)]
    bend = [[penalty[i] if i == j else 0.0 for j in range(size)] for i in range(size)]
    for row, values, offset in zip(rows, table, given, strict=True):
        total = offset + sum(map(float.__mul__, theta, values))
        chance = 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
        miss, curve = row.weight * (chance - row.same), row.weight * chance * (1 - chance)
        present = [i for i, value in enumerate(values) if value]
        for i in present:
            slope[i] += miss * values[i]
            scaled, line = curve * values[i], bend[i]
            for j in present:
                line[j] += scaled * values[j]
    return [value - move for value, move in zip(theta, _solve(bend, slope), strict=True)]


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gaussian elimination; the matrix is positive definite."""
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for i, pivot in enumerate(rows):
        for line in rows[i + 1 :]:
            factor = line[i] / pivot[i]
            for j in range(i, len(pivot)):
                line[j] -= factor * pivot[j]
    found = [0.0] * len(rows)
    for i in reversed(range(len(rows))):
        rest = sum(rows[i][j] * found[j] for j in range(i + 1, len(rows)))
        found[i] = (rows[i][-1] - rest) / rows[i][i]
    return found

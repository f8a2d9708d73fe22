"""Learns the learned part from labelled headlines, and says how well it does on months it never saw.

The same files and rules give the same weights. scikit-learn is needed here only, never in the service.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from importlib.util import find_spec
from math import log
from pathlib import Path
from typing import Any, Protocol

from monitor.batch import outlet_id
from monitor.core.classify import Judge
from monitor.core.errors import UserError
from monitor.core.relevance import (
    FEATURES,
    MOST_POINTS,
    PARTS,
    Features,
    Relevance,
    scale_of,
    script_of,
)

OWN = "own_headlines.jsonl"  # headlines of our own writing, trained on beside the file that is given
MOST_WEIGHTS = 7500  # of words; what the rules saw is a few hundred more
LEAST_SEEN = 2  # headlines that must have a word, so that no single text is learned by heart
LEAST_EVIDENCE = 3  # headlines in which the rules must have seen a thing
BLIND = 0.5  # of each headline's weight: see `_with_blind`
SCORE_SCALE = 0.3  # rule points are larger than word features; brought to the same size for regularisation
EVIDENCE_SCALE = 0.5
LOWEST, HIGHEST = -6.0, 8.0  # rule scores are cut to this span: beyond it they are sure
LEAST_SLOPE = 0.2  # log-odds per rule point; below it rules would count for nothing
LANGUAGES = ("en", "zh")

HOW_TO_INSTALL = "training needs scikit-learn: pip install 'policywire[train]'"


class Linear(Protocol):
    """What scikit-learn's logistic regression is to us."""

    coef_: Any
    intercept_: Any

    def fit(self, rows: Any, labels: Any, sample_weight: Any) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled headline as the model and the rules see it."""

    id: str
    language: str
    month: str  # "2026-03"; headlines of one month are never parted between training and test
    relevant: bool
    random: bool  # drawn blindly from a stream: tells of false alarms
    features: Features
    score: float  # of the rules alone
    heard: bool  # the rules found enough for the model to be asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Agreement with the labels; rates from 0 to 1, false alarms per 1,000 random items."""

    precision: float
    recall: float
    f1: float
    false_alarms: float


def can_train() -> bool:
    """Whether scikit-learn is there."""
    return find_spec("sklearn") is not None


# ── reading ──


def read_examples(path: Path, judge: Judge) -> list[Example]:
    """The labelled headlines of a JSON-lines file. Raises UserError with file, line and mend."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from error
    return list(_examples(lines, str(path), judge))


def own_examples(judge: Judge) -> list[Example]:
    """The headlines that ship with the service."""
    text = files("monitor").joinpath("models", OWN).read_text("utf-8")
    return list(_examples(text.splitlines(), OWN, judge))


def _examples(lines: Iterable[str], name: str, judge: Judge) -> Iterator[Example]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _example(_item(line, f"{name}:{number}"), judge)


def _item(line: str, where: str) -> dict[str, Any]:
    try:
        item = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not JSON: {error} (write one JSON object a line)") from error
    if not isinstance(item, dict) or not isinstance(item.get("title"), str):
        raise UserError(f"{where}: title: is missing or not text (write “title”: “…”)")
    if item.get("label") not in (0, 1):
        raise UserError(f"{where}: label: must be 1 (relevant) or 0")
    for key in ("summary", "published", "source", "lang"):
        if not isinstance(item.get(key), str | None):
            raise UserError(f"{where}: {key}: must be text")
    return item


def _example(item: Mapping[str, Any], judge: Judge) -> Example:
    title, summary = item["title"], item.get("summary") or ""
    # Rules may ask where a report comes from, so they see here what they see when the service judges it.
    verdict = judge.classify(
        title=title,
        summary=summary,
        source=outlet_id(item.get("source") or ""),
        language=item.get("lang") or "",
    )
    found, heard = judge.features(title=title, summary=summary)
    return Example(
        id=str(item.get("id", "")),
        language=script_of(title),
        month=(item.get("published") or "")[:7],
        relevant=bool(item["label"]),
        random=item.get("sample") == "random",
        features=found,
        score=verdict.score,
        heard=heard,
    )


# ── learning ──


def learn(examples: Sequence[Example], own: Sequence[Example], *, threshold: float) -> Relevance:
    """Weights from all of `examples` and `own`; `threshold` is the rules' own, in points."""
    everything = [*examples, *own]
    if len({example.relevant for example in everything}) < 2:
        raise UserError("training needs relevant and other headlines: label some of both with 1 and 0")
    return _in_points(_fit(everything), threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitted:
    """Weights in log-odds."""

    weights: Mapping[tuple[str, str], float]  # by part and name
    constant: float
    slope: float  # per rule point


def _cut_score(score: float) -> float:
    return max(LOWEST, min(HIGHEST, score))


def _with_blind(examples: Sequence[Example]) -> tuple[list[Example], list[float]]:
    """Each headline twice, once without what the rules made of it.

    The rules were written by people who had seen such headlines, so on these their score is better than it
    will be on tomorrow's; half blind, the words learn to stand in where the rules are silent.
    """
    blind = [replace(example, score=0.0, features=_unscored(example.features)) for example in examples]
    return [*examples, *blind], [1 - BLIND] * len(examples) + [BLIND] * len(examples)


def _unscored(found: Features) -> Features:
    return replace(found, rules=tuple(name for name in found.rules if not name.startswith("rules give ")))


def _fit(examples: Sequence[Example]) -> _Fitted:
    shown, shares = _with_blind(examples)
    seen = _seen(examples)
    first = _weigh(shown, shares, seen, sorted(seen))
    common = [key for key in first.weights if seen[key] >= _least(key[0])]
    words = [key for key in common if key[0] != "rules"]
    words.sort(key=lambda key: (-abs(first.weights[key]), key))
    kept = {*words[:MOST_WEIGHTS], *(key for key in common if key[0] == "rules")}
    # Words of a single headline are not kept, but they stay while the others are weighed: they take up what
    # is peculiar to it. Weak words go before the second weighing, which makes up for their absence.
    alone = {key for key in seen if seen[key] < LEAST_SEEN}
    second = _weigh(shown, shares, seen, sorted(kept | alone))
    return replace(second, weights={key: second.weights[key] for key in kept})


def _seen(examples: Sequence[Example]) -> Counter[tuple[str, str]]:
    return Counter(
        (part, name)
        for example in examples
        for part, names in zip(PARTS, example.features.parts(), strict=True)
        for name in names
    )


def _least(part: str) -> int:
    return LEAST_EVIDENCE if part == "rules" else LEAST_SEEN


def _weigh(
    shown: Sequence[Example],
    shares: Sequence[float],
    seen: Mapping[tuple[str, str], int],
    names: Sequence[tuple[str, str]],
) -> _Fitted:
    scales = {key: _scale(key[0], seen[key], len(shown) // 2) for key in names}
    columns = {key: (place, scales[key]) for place, key in enumerate(names)}
    model = _logistic_regression()
    model.fit(_matrix(shown, columns), [example.relevant for example in shown], sample_weight=shares)
    found = model.coef_[0]
    return _Fitted(
        weights={key: float(found[place]) * scale for key, (place, scale) in columns.items()},
        constant=float(model.intercept_[0]),
        slope=float(found[len(columns)]) * SCORE_SCALE,
    )


def _logistic_regression() -> Linear:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise UserError(HOW_TO_INSTALL) from error
    model: Linear = LogisticRegression(C=1.0, solver="liblinear", max_iter=500, random_state=0)
    return model


def _scale(part: str, count: int, total: int) -> float:
    return EVIDENCE_SCALE if part == "rules" else log((1 + total) / (1 + count)) + 1


def _matrix(examples: Sequence[Example], columns: Mapping[tuple[str, str], tuple[int, float]]) -> Any:
    from scipy.sparse import csr_matrix

    values: list[float] = []
    rows: list[int] = []
    places: list[int] = []
    for row, example in enumerate(examples):
        for place, value in _values(example, columns):
            rows.append(row)
            places.append(place)
            values.append(value)
    return csr_matrix((values, (rows, places)), shape=(len(examples), len(columns) + 1))


def _values(
    example: Example, columns: Mapping[tuple[str, str], tuple[int, float]]
) -> Iterator[tuple[int, float]]:
    for part, names in zip(PARTS, example.features.parts(), strict=True):
        length = scale_of(part, len(names))
        for name in names:
            if (part, name) in columns:
                place, scale = columns[part, name]
                yield place, scale * length
    yield len(columns), SCORE_SCALE * _cut_score(example.score)


# ── from log-odds to points ──


def _in_points(fitted: _Fitted, threshold: float) -> Relevance:
    """A headline reaches the threshold in points exactly where both answers are equally likely."""
    slope = max(fitted.slope, LEAST_SLOPE)
    points = {key: weight / slope for key, weight in fitted.weights.items()}
    for key in (("rules", f"lang {language}") for language in LANGUAGES):
        points[key] = points.get(key, 0.0) + fitted.constant / slope + threshold
    weights: dict[str, dict[str, float]] = {part: {} for part in PARTS}
    for (part, name), weight in sorted(points.items()):
        weights[part][name] = round(weight, 2)
    return Relevance(version="", trained_on="", weights=weights)


# ── how well ──


def months_apart(examples: Sequence[Example], count: int) -> list[frozenset[int]]:
    """Places of the examples in up to `count` folds of like size; a month is wholly in one fold."""
    sizes = Counter(example.month for example in examples)
    folds: list[set[str]] = [set() for _ in range(min(count, len(sizes)))]
    loads = [0] * len(folds)
    for month, size in sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0])):
        lightest = loads.index(min(loads))
        folds[lightest].add(month)
        loads[lightest] += size
    return [frozenset(n for n, e in enumerate(examples) if e.month in months) for months in folds]


def final_score(example: Example, model: Relevance) -> float:
    """What the service will give the headline."""
    return example.score + (model.share(example.features).points if example.heard else 0.0)


def crossvalidate(
    examples: Sequence[Example], own: Sequence[Example], *, threshold: float, folds: int = 8
) -> list[float]:
    """The final score of each example from weights, and thresholds, that never saw its month."""
    scores = [0.0] * len(examples)
    for held, model in unseen(examples, own, threshold=threshold, folds=folds):
        for place in held:
            scores[place] = final_score(examples[place], model)
    return scores


def unseen(
    examples: Sequence[Example], own: Sequence[Example], *, threshold: float, folds: int = 8
) -> Iterator[tuple[frozenset[int], Relevance]]:
    """Fold by fold: the places of the examples held out, and a model that never saw their months."""
    for held in months_apart(examples, folds):
        seen = [e for place, e in enumerate(examples) if place not in held]
        yield held, learn(seen, own, threshold=threshold)


def figures_of(examples: Sequence[Example], scores: Sequence[float], threshold: float) -> dict[str, Figures]:
    """Agreement per language."""
    taken = [(e, score >= threshold) for e, score in zip(examples, scores, strict=True)]
    return {
        language: _figures([pair for pair in taken if pair[0].language == language]) for language in LANGUAGES
    }


def _figures(taken: Sequence[tuple[Example, bool]]) -> Figures:
    right = sum(e.relevant and yes for e, yes in taken)
    precision = _share(right, sum(yes for _, yes in taken))
    recall = _share(right, sum(e.relevant for e, _ in taken))
    random = [yes for e, yes in taken if e.random and not e.relevant]
    return Figures(
        precision=precision,
        recall=recall,
        f1=_share(2 * precision * recall, precision + recall),
        false_alarms=1000 * _share(sum(random), len(random)),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


# ── the file ──


def train_file(
    labelled: Path,
    out: Path,
    *,
    judge: Judge,
    own: Sequence[Example],
    today: date,
    say: Callable[[str], None],
) -> None:
    """Train on a labelled file and write the weights as JSON. Raises UserError."""
    examples = read_examples(labelled, judge)
    say(f"{labelled}: {len(examples)} headlines, and {len(own)} of our own")
    model = learn(examples, own, threshold=judge.threshold)
    scores = crossvalidate(examples, own, threshold=judge.threshold)
    alone = figures_of(examples, [example.score for example in examples], judge.threshold)
    learned = figures_of(examples, scores, judge.threshold)
    for language in learned:
        say(f"{language}: rules alone {_in_words(alone[language])}")
        say(f"{language}: with model  {_in_words(learned[language])} (on months not trained on)")
    kept = as_json(
        model, digest=hashlib.sha256(labelled.read_bytes()).hexdigest(), today=today, figures=learned
    )
    try:
        out.write_text(kept, "utf-8")
    except OSError as error:
        raise UserError(f"{out}: cannot be written: {error}") from error
    say(f"{out}: {sum(map(len, model.weights.values()))} weights")


def _in_words(figures: Figures) -> str:
    return (
        f"precision {figures.precision:.3f}, recall {figures.recall:.3f}, F1 {figures.f1:.3f}, "
        f"false alarms {figures.false_alarms:.1f} per 1,000"
    )


def as_json(model: Relevance, *, digest: str, today: date, figures: Mapping[str, Figures]) -> str:
    """The model's file: one weight a line, so that a change shows as a change of lines."""
    return (
        json.dumps(
            {
                "features": FEATURES,
                "trained_at": today.isoformat(),
                "trained_on": digest,
                "most_points": MOST_POINTS,
                "cross_validated": {
                    language: {
                        "precision": round(f.precision, 3),
                        "recall": round(f.recall, 3),
                        "f1": round(f.f1, 3),
                        "false_alarms": round(f.false_alarms, 1),
                    }
                    for language, f in figures.items()
                },
                "weights": model.weights,
            },
            ensure_ascii=False,
            indent=0,
        )
        + "\n"
    )

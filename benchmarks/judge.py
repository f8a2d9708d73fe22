"""The quality gate of the rules on the labelled headlines: per language, in both halves of the calendar.

    python -m benchmarks.judge             the tables
    python -m benchmarks.judge --sweep     what other thresholds would give
    python -m benchmarks.judge --gate      fail on a drop of more than a point below benchmarks/floors.json
    python -m benchmarks.judge --pin       write the figures of today as floors
    python -m benchmarks.judge --model     also the learned part (trains ten times: a minute or two)
    python -m benchmarks.judge --misses 1  what was missed (1) or wrongly taken (0) in odd months

Rules are written looking at the odd months only; the even ones are held out. The learned part is judged on
months that its weights and its threshold never saw, in eight folds ("model"), and on the even months after
training on the odd ones ("model-odd"): that line is the honest guess for tomorrow, of rules and model alike.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from monitor.batch import outlet_id
from monitor.config.load import load_rules_alone
from monitor.core.classify import Judge, compile_rules
from monitor.core.model import Verdict
from monitor.train import HOW_TO_INSTALL, can_train, learn, own_examples, read_examples, unseen

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "eval" / "dev.jsonl"
FLOORS = Path(__file__).parent / "floors.json"
LANGUAGES = ("en", "zh")
TOLERANCE = 0.01  # one point
LOWER_IS_BETTER = frozenset({"false_alarms"})
ALARM_TOLERANCE = 10 * TOLERANCE  # per 1,000 random items: less than one item


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A labelled headline with what the rules say of it."""

    language: str
    text: str
    month: int
    relevant: bool
    topic: str  # the main one; "" when not relevant
    tier: str
    doctype: str
    priority: str
    random: bool
    borderline: bool
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How well the verdicts agree with the labels; rates from 0 to 1, false alarms per 1,000 random items."""

    rows: int
    precision: float
    recall: float
    f1: float
    false_alarms: float
    topic: float
    authority: float
    doctype: float
    priority: float


def read_items() -> list[dict[str, Any]]:
    """The labelled items, in the order of the file."""
    with CORPUS.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def rows_alone(items: Iterable[dict[str, Any]], judge: Judge) -> list[Row]:
    """Every item judged by the same judge."""
    return [_row(item, judge) for item in items]


def rows_unseen(items: Sequence[dict[str, Any]], judge: Judge) -> list[Row]:
    """Every item judged with a model that never saw its month."""
    examples, own = read_examples(CORPUS, judge), own_examples(judge)
    rows: dict[int, Row] = {}
    for held, model in unseen(examples, own, threshold=judge.threshold):
        learned = replace(judge, model=model)
        rows |= {place: _row(items[place], learned) for place in held}
    return [rows[place] for place in range(len(items))]


def rows_even(items: Sequence[dict[str, Any]], judge: Judge) -> list[Row]:
    """The items of even months judged with a model that was trained on odd ones."""
    examples, own = read_examples(CORPUS, judge), own_examples(judge)
    odd = [example for example in examples if int(example.month[5:7]) % 2]
    learned = replace(judge, model=learn(odd, own, threshold=judge.threshold))
    return [_row(item, learned) for item in items if not int(item["published"][5:7]) % 2]


def _row(item: dict[str, Any], judge: Judge) -> Row:
    return Row(
        language=item["lang"],
        text=f"{item['title']} || {item['summary'][:120]}",
        month=int(item["published"][5:7]),
        relevant=bool(item["label"]),
        topic=next(iter(item["topics"]), ""),
        tier=item["tier"],
        doctype=item["doctype"],
        priority=item["priority"],
        random=item["sample"] == "random",
        borderline=item["borderline"],
        verdict=judge.classify(
            title=item["title"],
            summary=item["summary"],
            source=outlet_id(item["source"]),
            language=item["lang"],
        ),
    )


def score(rows: Sequence[Row], threshold: float | None = None) -> Scores:
    """Count agreement; `threshold` overrides the book's own."""

    def taken(row: Row) -> bool:
        return row.verdict.score >= (row.verdict.threshold if threshold is None else threshold)

    right = [row for row in rows if row.relevant and taken(row)]
    precision = _share(len(right), sum(map(taken, rows)))
    recall = _share(len(right), sum(row.relevant for row in rows))
    random = [row for row in rows if row.random and not row.relevant]
    return Scores(
        rows=len(rows),
        precision=precision,
        recall=recall,
        f1=_share(2 * precision * recall, precision + recall),
        false_alarms=1000 * _share(sum(map(taken, random)), len(random)),
        topic=_agree(right, lambda row: next(iter(row.verdict.topics), "") == row.topic),
        authority=_agree(right, lambda row: row.verdict.authority == row.tier),
        doctype=_agree(right, lambda row: row.verdict.doctype == row.doctype),
        priority=_agree(right, lambda row: row.verdict.priority == row.priority),
    )


NO_FLOOR = frozenset({"rows", "doctype"})
FIGURES = tuple(figure.name for figure in fields(Scores) if figure.name not in NO_FLOOR)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _agree(rows: Sequence[Row], same: Callable[[Row], bool]) -> float:
    return _share(sum(map(same, rows)), len(rows))


def slices(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The parts that are reported, by name; `LANGUAGE/all` are the ones with floors."""
    rows = list(rows)
    parts: dict[str, list[Row]] = {}
    for language in LANGUAGES:
        mine = [row for row in rows if row.language == language]
        parts[f"{language}/all"] = mine
        parts[f"{language}/sure"] = [row for row in mine if not row.borderline]
        parts[f"{language}/odd"] = [row for row in mine if row.month % 2]
        parts[f"{language}/even"] = [row for row in mine if not row.month % 2]
    return parts


def table(parts: dict[str, list[Row]]) -> str:
    """One line per part. `sure` leaves borderline rows out; `odd` months were seen by the rules' writer."""
    lines = ["part       rows      P      R     F1  alarms/1000  topic  authority  doctype  priority"]
    for name, rows in parts.items():
        s = score(rows)
        lines.append(
            f"{name:<9} {s.rows:>5}   {s.precision:.3f}  {s.recall:.3f}  {s.f1:.3f}  {s.false_alarms:>11.1f}"
            f"  {s.topic:.3f}      {s.authority:.3f}    {s.doctype:.3f}     {s.priority:.3f}"
        )
    return "\n".join(lines)


def sweep(parts: dict[str, list[Row]]) -> str:
    """P, R, F1 and false alarms per 1,000 at other thresholds."""
    lines = ["threshold" + "".join(f"   {language}: P     R    F1  alarms" for language in LANGUAGES)]
    for step in range(2, 13):
        threshold = step / 2
        cells = []
        for language in LANGUAGES:
            s = score(parts[f"{language}/all"], threshold)
            cells.append(f"     {s.precision:.2f}  {s.recall:.2f}  {s.f1:.2f}  {s.false_alarms:6.1f}")
        lines.append(f"{threshold:>9.1f}" + "".join(cells))
    return "\n".join(lines)


def shortfalls(parts: dict[str, list[Row]], floors: dict[str, Any], who: str = "") -> list[str]:
    """Figures below their pinned floor by more than the tolerance, one line each."""
    lines = []
    for language in LANGUAGES:
        found = score(parts[f"{language}/all"])
        for figure, floor in floors[language].items():
            value = getattr(found, figure)
            worse = value - floor if figure in LOWER_IS_BETTER else floor - value
            if worse > (ALARM_TOLERANCE if figure in LOWER_IS_BETTER else TOLERANCE):
                lines.append(f"{who}{language} {figure}: {value:.3f}, floor {floor:.3f}")
    return lines


def pinned(parts: dict[str, list[Row]]) -> dict[str, dict[str, float]]:
    """The figures of today, as floors keep them."""
    return {
        language: {figure: round(getattr(score(parts[f"{language}/all"]), figure), 3) for figure in FIGURES}
        for language in LANGUAGES
    }


def misses(rows: Iterable[Row], relevant: bool) -> str:
    """The odd months' mistakes of one kind, with what fired."""
    lines = []
    for row in rows:
        if row.month % 2 and row.relevant is relevant and row.verdict.relevant is not relevant:
            fired = " ".join(f"{hit.rule}{hit.points:+g}" for hit in row.verdict.hits)
            mark = "R" if row.random else "?" if row.borderline else " "
            lines.append(f"{mark} [{row.topic}] {row.text}\n      {row.verdict.score:g}: {fired}")
    return "\n".join(lines)


def pin(alone: dict[str, list[Row]], learned: dict[str, list[Row]] | None) -> None:
    """Write the floors anew; without a learned part its old floors go."""
    floors = json.loads(FLOORS.read_text("utf-8")) if FLOORS.exists() else {}  # others keep theirs there too
    floors |= {"corpus_sha256": hashlib.sha256(CORPUS.read_bytes()).hexdigest(), **pinned(alone)}
    floors.pop("model", None)
    if learned:
        floors["model"] = pinned(learned)
    FLOORS.write_text(json.dumps(floors, indent=2) + "\n", "utf-8")


def gate(parts: dict[str, list[Row]], learned: dict[str, list[Row]] | None = None) -> int:
    """0 when every figure holds its floor on the corpus the floors were pinned on."""
    floors = json.loads(FLOORS.read_text("utf-8"))
    digest = hashlib.sha256(CORPUS.read_bytes()).hexdigest()
    if digest != floors["corpus_sha256"]:
        print(f"the corpus changed ({digest[:12]}…): pin new floors in {FLOORS.name}")
        return 1
    failed = shortfalls(parts, floors)
    if learned and "model" in floors:
        failed += shortfalls(learned, floors["model"], "model ")
    print("\n".join(["below the floor:", *failed]) if failed else "every figure holds its floor")
    return 1 if failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; the exit code is the gate's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--config", type=Path, default=ROOT / "config.yaml", help="where the rules are")
    parser.add_argument("--gate", action="store_true", help="compare with the pinned floors")
    parser.add_argument("--pin", action="store_true", help="write today's figures as floors")
    parser.add_argument("--model", action="store_true", help="judge the learned part, too")
    parser.add_argument("--sweep", action="store_true", help="show other thresholds")
    parser.add_argument("--misses", type=int, choices=(0, 1), help="list mistakes on items with this label")
    chosen = parser.parse_args(arguments)
    if not CORPUS.exists():
        print("skipped: ../shared/eval/dev.jsonl is absent (a user's checkout)")
        return 0
    items, judge = read_items(), compile_rules(load_rules_alone(chosen.config))
    rows = rows_alone(items, judge)
    parts = slices(rows)
    print(f"the rules alone\n{table(parts)}")
    learned = _learned(items, judge) if chosen.model else None
    if chosen.sweep:
        print(sweep(parts))
    if chosen.misses is not None:
        print(misses(rows, bool(chosen.misses)))
    if chosen.pin:
        pin(parts, learned)
    return gate(parts, learned) if chosen.gate else 0


def _learned(items: Sequence[dict[str, Any]], judge: Judge) -> dict[str, list[Row]] | None:
    if not can_train():
        print(f"the learned part is not judged: {HOW_TO_INSTALL}")
        return None
    parts = slices(rows_unseen(items, judge))
    print(f"with the model, cross-validated by month\n{table(parts)}")
    even = slices(rows_even(items, judge))
    shown = {f"{language}/even": even[f"{language}/even"] for language in LANGUAGES}
    print(f"with the model trained on odd months only\n{table(shown)}")
    return parts


if __name__ == "__main__":
    sys.exit(main())

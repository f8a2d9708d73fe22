"""The quality gate of the rules on the labelled headlines: per language, in both halves of the calendar.

    python -m benchmarks.judge             the tables
    python -m benchmarks.judge --sweep     what other thresholds would give
    python -m benchmarks.judge --gate      fail on a drop of more than a point below benchmarks/floors.json
    python -m benchmarks.judge --misses 1  what was missed (1) or wrongly taken (0) in odd months

Rules are written looking at the odd months only; the even ones are held out.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.config.load import load_rules
from monitor.core.classify import Judge, compile_rules
from monitor.core.model import Verdict

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
    priority: float


def read_rows(judge: Judge) -> list[Row]:
    """Judge every labelled item."""
    with CORPUS.open(encoding="utf-8") as lines:
        return [_row(json.loads(line), judge) for line in lines]


def _row(item: dict[str, Any], judge: Judge) -> Row:
    return Row(
        language=item["lang"],
        text=f"{item['title']} || {item['summary'][:120]}",
        month=int(item["published"][5:7]),
        relevant=bool(item["label"]),
        topic=next(iter(item["topics"]), ""),
        tier=item["tier"],
        priority=item["priority"],
        random=item["sample"] == "random",
        borderline=item["borderline"],
        verdict=judge.classify(title=item["title"], summary=item["summary"]),
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
        priority=_agree(right, lambda row: row.verdict.priority == row.priority),
    )


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
    lines = ["part       rows      P      R     F1  alarms/1000  topic  authority  priority"]
    for name, rows in parts.items():
        s = score(rows)
        lines.append(
            f"{name:<9} {s.rows:>5}   {s.precision:.3f}  {s.recall:.3f}  {s.f1:.3f}  {s.false_alarms:>11.1f}"
            f"  {s.topic:.3f}      {s.authority:.3f}     {s.priority:.3f}"
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


def shortfalls(parts: dict[str, list[Row]], floors: dict[str, Any]) -> list[str]:
    """Figures below their pinned floor by more than the tolerance, one line each."""
    lines = []
    for language in LANGUAGES:
        found = score(parts[f"{language}/all"])
        for figure, floor in floors[language].items():
            value = getattr(found, figure)
            worse = value - floor if figure in LOWER_IS_BETTER else floor - value
            if worse > (ALARM_TOLERANCE if figure in LOWER_IS_BETTER else TOLERANCE):
                lines.append(f"{language} {figure}: {value:.3f}, floor {floor:.3f}")
    return lines


def misses(rows: Iterable[Row], relevant: bool) -> str:
    """The odd months' mistakes of one kind, with what fired."""
    lines = []
    for row in rows:
        if row.month % 2 and row.relevant is relevant and row.verdict.relevant is not relevant:
            fired = " ".join(f"{hit.rule}{hit.points:+g}" for hit in row.verdict.hits)
            mark = "R" if row.random else "?" if row.borderline else " "
            lines.append(f"{mark} [{row.topic}] {row.text}\n      {row.verdict.score:g}: {fired}")
    return "\n".join(lines)


def gate(parts: dict[str, list[Row]]) -> int:
    """0 when every figure holds its floor on the corpus the floors were pinned on."""
    floors = json.loads(FLOORS.read_text("utf-8"))
    digest = hashlib.sha256(CORPUS.read_bytes()).hexdigest()
    if digest != floors["corpus_sha256"]:
        print(f"the corpus changed ({digest[:12]}…): pin new floors in {FLOORS.name}")
        return 1
    failed = shortfalls(parts, floors)
    print("\n".join(["below the floor:", *failed]) if failed else "every figure holds its floor")
    return 1 if failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; the exit code is the gate's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--config", type=Path, default=ROOT / "config.yaml", help="where the rules are")
    parser.add_argument("--gate", action="store_true", help="compare with the pinned floors")
    parser.add_argument("--sweep", action="store_true", help="show other thresholds")
    parser.add_argument("--misses", type=int, choices=(0, 1), help="list mistakes on items with this label")
    chosen = parser.parse_args(arguments)
    if not CORPUS.exists():
        print("skipped: ../shared/eval/dev.jsonl is absent (a user's checkout)")
        return 0
    rows = read_rows(compile_rules(load_rules(chosen.config)))
    parts = slices(rows)
    print(table(parts))
    if chosen.sweep:
        print(sweep(parts))
    if chosen.misses is not None:
        print(misses(rows, bool(chosen.misses)))
    return gate(parts) if chosen.gate else 0


if __name__ == "__main__":
    sys.exit(main())

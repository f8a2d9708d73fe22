"""The quality gate of grouping: labelled stories, embedded in all the unlabelled items around them.

    python -m benchmarks.stories              the table, by halves of the calendar
    python -m benchmarks.stories --gate       fail on a drop of more than a point below benchmarks/floors.json
    python -m benchmarks.stories --largest 20 the largest stories found, to read
    python -m benchmarks.stories --misses     labelled stories that fell apart or ran together, odd months
    python -m benchmarks.stories --learn      fit the weights of monitor/core/pairs.py anew, print them

Weights and limits were chosen looking at the odd months only; the even ones are held out.

B-cubed is taken over the labelled items. Of the items in the story that was found for one of them, precision
is the share that belongs with it: among the labelled ones (`precision`), or counting every unlabelled one as
wrong (`strict`, a lower bound: some are further reports of the same event that were not labelled).
"""

import argparse
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.stories_learn import learn
from monitor.batch import profile_of_item
from monitor.config.lexicon import shipped_lexicon
from monitor.core.grouping import group
from monitor.core.profile import Profile

ROOT = Path(__file__).parents[1]
EVAL = ROOT.parent / "shared" / "eval"
POOL, LABELS = EVAL / "pool.jsonl", EVAL / "stories_dev.jsonl"
FLOORS = Path(__file__).parent / "floors.json"
TOLERANCE = 0.01  # one point


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Every item's profile, the story of the labelled ones, and pairs that are confirmed not to be one."""

    profiles: Mapping[str, Profile]
    story: Mapping[str, str]
    apart: Sequence[tuple[str, str]]
    digest: str  # of the labels

    def pairs(self) -> list[tuple[str, str]]:
        """All pairs of labelled items of one story."""
        members: dict[str, list[str]] = defaultdict(list)
        for item, story in self.story.items():
            members[story].append(item)
        return [pair for items in members.values() for pair in combinations(items, 2)]

    def odd(self, item: str) -> bool:
        """Whether the item belongs to the half that may be looked at."""
        return self.profiles[item].published_at.month % 2 == 1

    def cross(self, one: str, other: str) -> bool:
        """Whether two items are in different languages."""
        return self.profiles[one].language != self.profiles[other].language


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """How well the stories found agree with the labelled ones; shares from 0 to 1."""

    pairs: int
    recall: float  # of same-story pairs
    same_language: float
    cross_language: float
    near_misses: int  # confirmed non-pairs
    near_misses_joined: int
    precision: float  # B-cubed
    strict: float
    bcubed_recall: float
    f1: float


def read_corpus() -> Corpus:
    """Read pool and labels."""
    lexicon = shipped_lexicon()
    items = [json.loads(line) for line in POOL.read_text("utf-8").splitlines()]
    labels = [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    return Corpus(
        profiles={item["id"]: profile_of_item(item, lexicon, _day(item)) for item in items},
        story={m["id"]: row["story"] for row in labels if row["type"] == "story" for m in row["members"]},
        apart=[_both(row) for row in labels if row["type"] == "nonpair"],
        digest=hashlib.sha256(LABELS.read_bytes()).hexdigest(),
    )


def _day(item: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(item["published"]).replace(tzinfo=UTC)


def _both(row: dict[str, Any]) -> tuple[str, str]:
    one, other = row["members"]
    return one["id"], other["id"]


def find_stories(corpus: Corpus) -> dict[str, int]:
    """Group the whole pool."""
    return dict(zip(corpus.profiles, group(list(corpus.profiles.values())), strict=True))


def mark(corpus: Corpus, found: Mapping[str, int], half: bool | None = None) -> Marks:
    """Count agreement; `half` chooses the stories that begin in odd (True) or even (False) months."""
    taken = {item for item in corpus.story if half is None or corpus.odd(_first(corpus, item)) is half}
    pairs = [pair for pair in corpus.pairs() if pair[0] in taken]
    apart = [pair for pair in corpus.apart if half is None or corpus.odd(pair[0]) is half]
    precision, strict, recall = _b_cubed(corpus, found, taken)
    return Marks(
        pairs=len(pairs),
        recall=_together(found, pairs),
        same_language=_together(found, [pair for pair in pairs if not corpus.cross(*pair)]),
        cross_language=_together(found, [pair for pair in pairs if corpus.cross(*pair)]),
        near_misses=len(apart),
        near_misses_joined=sum(found[one] == found[other] for one, other in apart),
        precision=precision,
        strict=strict,
        bcubed_recall=recall,
        f1=2 * precision * recall / (precision + recall),
    )


def _first(corpus: Corpus, item: str) -> str:
    """The oldest member of the item's story: a story belongs to one half as a whole."""
    members = [other for other, story in corpus.story.items() if story == corpus.story[item]]
    return min(members, key=lambda member: corpus.profiles[member].published_at)


def _together(found: Mapping[str, int], pairs: Sequence[tuple[str, str]]) -> float:
    return sum(found[one] == found[other] for one, other in pairs) / len(pairs) if pairs else 1.0


def _b_cubed(corpus: Corpus, found: Mapping[str, int], taken: Iterable[str]) -> tuple[float, float, float]:
    members = members_of(found)
    sizes = Counter(corpus.story.values())
    rows = []
    for item in taken:
        around = members[found[item]]
        right = sum(corpus.story.get(other) == corpus.story[item] for other in around)
        labelled = sum(other in corpus.story for other in around)
        rows.append((right / labelled, right / len(around), right / sizes[corpus.story[item]]))
    precision, strict, recall = (sum(column) / len(rows) for column in zip(*rows, strict=True))
    return precision, strict, recall


def members_of(found: Mapping[str, int]) -> dict[int, list[str]]:
    """The items of each story found."""
    members: dict[int, list[str]] = defaultdict(list)
    for item, story in found.items():
        members[story].append(item)
    return members


# ── the commands ──


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; the exit code is 1 when the gate does not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--largest", type=int, default=0)
    chosen = parser.parse_args(arguments)
    corpus = read_corpus()
    if chosen.learn:
        print(json.dumps(learn(corpus.profiles, corpus.story, corpus.apart), indent=4), corpus.digest)
        return 0
    found = find_stories(corpus)
    _print_marks(corpus, found)
    if chosen.largest:
        _print_largest(corpus, found, chosen.largest)
    if chosen.misses:
        _print_misses(corpus, found)
    return _gate(corpus, mark(corpus, found)) if chosen.gate else 0


def _print_marks(corpus: Corpus, found: Mapping[str, int]) -> None:
    print(f"{'':12} pairs recall  same cross  near-misses  B-cubed precision strict recall    F1")
    for name, half in (("all", None), ("odd months", True), ("even months", False)):
        m = mark(corpus, found, half)
        print(
            f"{name:12} {m.pairs:5} {m.recall:6.3f} {m.same_language:5.3f} {m.cross_language:5.3f}"
            f"  {m.near_misses_joined:4} of {m.near_misses:3}  {m.precision:17.3f} {m.strict:6.3f}"
            f" {m.bcubed_recall:6.3f} {m.f1:5.3f}"
        )
    sizes = sorted(map(len, members_of(found).values()), reverse=True)
    print(f"{len(found)} items in {len(sizes)} stories, the largest of {', '.join(map(str, sizes[:10]))}")


def _print_largest(corpus: Corpus, found: Mapping[str, int], count: int) -> None:
    for items in sorted(members_of(found).values(), key=len, reverse=True)[:count]:
        print(f"\n{len(items)} reports")
        for item in items[:12]:
            print(f"  {_line(corpus, item)}")


def _line(corpus: Corpus, item: str) -> str:
    profile = corpus.profiles[item]
    label = corpus.story.get(item, "")
    return f"{label:5} {profile.published_at:%Y-%m-%d} {profile.outlet[:16]:16} {profile.title[:100]}"


def _print_misses(corpus: Corpus, found: Mapping[str, int]) -> None:
    for one, other in corpus.pairs():
        if corpus.odd(one) and found[one] != found[other]:
            print(f"\napart:    {_line(corpus, one)}\n          {_line(corpus, other)}")
    for one, other in corpus.apart:
        if corpus.odd(one) and found[one] == found[other]:
            print(f"\ntogether: {_line(corpus, one)}\n          {_line(corpus, other)}")


def _gate(corpus: Corpus, marks: Marks) -> int:
    floors = json.loads(FLOORS.read_text("utf-8"))["stories"]
    if floors["labels_sha256"] != corpus.digest:
        print("the labels are not those the floors were measured on", file=sys.stderr)
        return 1
    reached = asdict(marks)
    low = [name for name in floors["at_least"] if reached[name] < floors["at_least"][name] - TOLERANCE]
    high = [name for name in floors["at_most"] if reached[name] > floors["at_most"][name]]
    for name in (*low, *high):
        print(f"stories: {name} is {reached[name]:.3f}, beyond its floor", file=sys.stderr)
    return 1 if low or high else 0


if __name__ == "__main__":
    sys.exit(main())

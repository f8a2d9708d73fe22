"""Reports looked up among 100,000 by us and by libraries: altered copies found, reports a second, memory.

python -m benchmarks.lookup           one table, one run, each way in a process of its own (some minutes)
python -m benchmarks.lookup --quick   5,000 reports

The rivals come by `pip install datasketch rensa`; without them their lines are left out, and it says so.
"""

import argparse
import importlib.util
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

from opencc import OpenCC

REPORTS = 100_000
QUICK = 5_000
COPIES = 60  # of each alteration
HAND_OVER = 20  # reports taken in in one transaction, as a list brings them
LENGTH = 1_800  # bytes of UTF-8 in a report
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RIVALS = ("datasketch", "rensa")
WAYS = ("policywire", *RIVALS)


# ── the corpus: text of our own making, with the redundancy of news ──


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report; sentences are kept apart so that copies can lose some."""

    title: str
    sentences: tuple[str, ...]
    chinese: bool

    @property
    def text(self) -> str:
        return ("" if self.chinese else " ").join(self.sentences)

    @property
    def whole(self) -> str:
        return f"{self.title}\n{self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """A language: words by falling frequency, phrases that come back, and what outlets put under a report."""

    words: tuple[str, ...]
    weights: tuple[float, ...]
    phrases: tuple[str, ...]
    footers: tuple[tuple[str, ...], ...]
    series: tuple[str, ...]
    chinese: bool

    def passage(self, dice: random.Random, count: int) -> list[str]:
        return dice.choices(self.words, cum_weights=self.weights, k=count)

    def join(self, words: Sequence[str]) -> str:
        return ("" if self.chinese else " ").join(words)

    def sentence(self, dice: random.Random) -> str:
        words = self.passage(dice, dice.randint(8, 22))
        if dice.random() < 0.35:
            words.insert(dice.randrange(len(words)), dice.choice(self.phrases))
        if dice.random() < 0.3:
            words.insert(dice.randrange(len(words)), str(dice.randint(2, 2_030)))
        return self.join(words) + ("。" if self.chinese else ".")

    def title(self, dice: random.Random) -> str:
        if dice.random() < 0.1:  # a briefing of a series: the same every day but for its number
            return f"{dice.choice(self.series)} {dice.randint(1, 400)}"
        words = self.passage(dice, dice.randint(6, 13))
        return self.join([dice.choice(self.phrases), *words] if dice.random() < 0.3 else words)

    def report(self, dice: random.Random) -> Report:
        title, sentences = self.title(dice), list[str]()
        while sum(len(one.encode()) for one in sentences) < LENGTH - 200:
            sentences.append(self.sentence(dice))
        return Report(title=title, sentences=(*sentences, *dice.choice(self.footers)), chinese=self.chinese)


@cache
def tongues() -> tuple[Tongue, Tongue]:
    """English-like and Chinese text, the same at every run: made-up words that follow Zipf's law."""
    dice = random.Random(20261124)
    common = bytes(byte for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF) for byte in (high, low))
    characters = common.decode("gb2312", "ignore")  # the 3,755 common simplified characters

    def syllable() -> str:
        return dice.choice("bcdfghklmnprstvw") + dice.choice("aeiou") + dice.choice(["", "", "n", "r", "st"])

    latin = ["".join(syllable() for _ in range(dice.choice((1, 1, 2, 2, 3, 4)))) for _ in range(30_000)]
    han = ["".join(dice.choices(characters, k=dice.choice((1, 2, 2, 2, 2, 3, 4)))) for _ in range(30_000)]
    return _tongue(dice, latin, chinese=False), _tongue(dice, han, chinese=True)


def _tongue(dice: random.Random, words: list[str], *, chinese: bool) -> Tongue:
    weights = tuple(accumulate(1 / (rank + 2.7) for rank in range(len(words))))
    bare = Tongue(words=tuple(words), weights=weights, phrases=(), footers=(), series=(), chinese=chinese)

    def phrase(least: int, most: int) -> str:
        return bare.join(bare.passage(dice, dice.randint(least, most)))

    footers = [tuple(phrase(8, 16) + "." for _ in range(dice.randint(0, 2))) for _ in range(60)]
    return replace(
        bare,
        phrases=tuple(phrase(3, 8) for _ in range(800)),
        footers=tuple(footers),
        series=tuple(phrase(3, 6) for _ in range(40)),
    )


def report(number: int) -> Report:
    """The report of this number; odd ones are Chinese."""
    return tongues()[number % 2].report(random.Random(number))


# ── what becomes of a report on its way through other outlets ──


def cut(original: Report, _dice: random.Random) -> Report:
    """The middle third."""
    third = max(1, len(original.sentences) // 3)
    return replace(original, sentences=original.sentences[third : 2 * third])


def drop(original: Report, dice: random.Random) -> Report:
    """Four sentences of ten are left out."""
    kept = tuple(one for one in original.sentences if dice.random() > 0.4)
    return replace(original, sentences=kept or original.sentences[:1])


def change(original: Report, dice: random.Random) -> Report:
    """One word of ten (or Chinese character, of twenty) is another, in the title too."""

    def changed(text: str) -> str:
        if original.chinese:
            return "".join(dice.choice("某约含仍将") if dice.random() < 0.05 else char for char in text)
        return " ".join("other" if dice.random() < 0.1 else word for word in text.split(" "))

    sentences = tuple(map(changed, original.sentences))
    return replace(original, title=changed(original.title), sentences=sentences)


def traditional(original: Report, _dice: random.Random) -> Report:
    """In the characters of Taiwan."""
    convert = OpenCC("s2tw").convert
    return replace(original, title=convert(original.title), sentences=tuple(map(convert, original.sentences)))


def retitle(original: Report, dice: random.Random) -> Report:
    """Under another title."""
    return replace(original, title=tongues()[original.chinese].title(dice))


def quote(original: Report, dice: random.Random) -> Report:
    """The middle third, under another title."""
    return retitle(cut(original, dice), dice)


ALTERATIONS: dict[str, Callable[[Report, random.Random], Report]] = {
    "a third": cut,
    "dropped": drop,
    "changed": change,
    "script": traditional,
    "new title": retitle,
    "third, new title": quote,
}


def copies(name: str, stored: int) -> Iterator[tuple[int, Report]]:
    """Numbers of stored reports and their altered copies; only Chinese ones have another script."""
    dice = random.Random(name)
    for _ in range(COPIES):
        number = dice.randrange(stored)
        if ALTERATIONS[name] is traditional:
            number |= 1
        yield number, ALTERATIONS[name](report(number), dice)


# ── the ways ──


class Way(Protocol):
    """A way to keep and find reports; `take` looks each up before it keeps it."""

    def take(self, numbered: Sequence[tuple[int, Report]]) -> None: ...

    def find(self, report: Report) -> set[int]:
        """Numbers of the kept reports that are candidates for this one."""
        ...


class Policywire:
    """Our keys in a SQLite file made by our migrations; each hand-over is one transaction, kept on the disk.

    The row of a report holds its fingerprint; text, verdict and search index are not part of the look-up.
    """

    def __init__(self, folder: Path) -> None:
        from monitor.store.engine import open_engine, writing
        from monitor.store.work import SqlWork

        self._writer = writing(open_engine(folder / "lookup.db"))
        self._work = SqlWork
        with self._writer.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO sources (id, name, tier, kind, watched, next_poll_at) VALUES"
                " ('wire', 'Wire', 3, 'state-media', 0, '2026-11-24 12:00:00')"
            )

    def take(self, numbered: Sequence[tuple[int, Report]]) -> None:
        from monitor.core.fingerprint import fingerprint
        from monitor.store import lookup, tables
        from monitor.store.statements import insert_row

        marks = [(number, fingerprint(one.title, one.text)) for number, one in numbered]
        with self._writer.begin() as connection:
            work = self._work(connection)
            story = work.open_story(numbered[0][1].title, NOW)
            for number, mark in marks:
                lookup.find(connection, mark.keys, "", NOW)
                row = _bare_article(number) | {"story_id": story.id, "samples": mark.samples}
                lookup.keep_keys(connection, insert_row(connection, tables.articles, row), mark.keys)

    def find(self, report: Report) -> set[int]:
        from monitor.core.fingerprint import fingerprint
        from monitor.store import lookup

        mark = fingerprint(report.title, report.text)
        with self._writer.begin() as connection:
            return {row["article_id"] - 1 for row in lookup.find(connection, mark.keys, "", NOW)}


def _bare_article(number: int) -> dict[str, Any]:
    texts = ("title", "url", "canonical_url", "summary", "body", "language", "issuer", "document_number")
    return {
        **dict.fromkeys((*texts, "problem", "reason", "words"), ""),
        "id": number + 1,
        "source_id": "wire",
        "seen_at": NOW,
        "body_from": "nowhere",
        "day_only": False,
        "relevant": False,
        "score": 0.0,
        "verdict": {},
        "profile": {},
    }


_PERMUTATIONS = 128
_THRESHOLD = 0.5


def _rival_shingles(report: Report) -> list[str]:
    whole = report.whole.lower()
    return list({whole[i : i + 5] for i in range(len(whole) - 4)})


class Datasketch:
    """datasketch's MinHashLSH in memory."""

    def __init__(self, _folder: Path) -> None:
        import datasketch  # type: ignore[import-not-found, unused-ignore]

        self._minhash = datasketch.MinHash
        self._index = datasketch.MinHashLSH(threshold=_THRESHOLD, num_perm=_PERMUTATIONS)

    def _mark(self, report: Report) -> Any:
        mark = self._minhash(num_perm=_PERMUTATIONS)
        mark.update_batch([piece.encode() for piece in _rival_shingles(report)])
        return mark

    def take(self, numbered: Sequence[tuple[int, Report]]) -> None:
        for number, one in numbered:
            mark = self._mark(one)
            self._index.query(mark)
            self._index.insert(number, mark, check_duplication=False)

    def find(self, report: Report) -> set[int]:
        return set(self._index.query(self._mark(report)))


class Rensa:
    """rensa's MinHash and index, written in Rust, in memory."""

    def __init__(self, _folder: Path) -> None:
        import rensa  # type: ignore[import-not-found, unused-ignore]

        self._minhash = rensa.RMinHash
        self._index = rensa.RMinHashLSH(_THRESHOLD, _PERMUTATIONS, 32)

    def _mark(self, report: Report) -> Any:
        mark = self._minhash(_PERMUTATIONS, 42)
        mark.update(_rival_shingles(report))
        return mark

    def take(self, numbered: Sequence[tuple[int, Report]]) -> None:
        for number, one in numbered:
            mark = self._mark(one)
            self._index.query(mark)
            self._index.insert(number, mark)

    def find(self, report: Report) -> set[int]:
        return set(self._index.query(self._mark(report)))


_MAKERS: dict[str, Callable[[Path], Way]] = {
    "policywire": Policywire,
    "datasketch": Datasketch,
    "rensa": Rensa,
}


# ── measuring ──


def measure(name: str, reports: int) -> dict[str, Any]:
    """One way through all the reports; times are of the looking up and keeping alone, not of making text."""
    tongues()
    with tempfile.TemporaryDirectory() as folder:
        before = _peak()
        way = _MAKERS[name](Path(folder))
        spent: list[tuple[float, float]] = []
        for first in range(0, reports, HAND_OVER):
            numbered = [(number, report(number)) for number in range(first, first + HAND_OVER)]
            started, worked = time.perf_counter(), time.process_time()
            way.take(numbered)
            spent.append((time.perf_counter() - started, time.process_time() - worked))
            if (first + HAND_OVER) % 10_000 == 0:
                print(f"{name} {first + HAND_OVER:,}: {_rates(spent, first + HAND_OVER)}", file=sys.stderr)
        found = {
            alteration: sum(number in way.find(copy) for number, copy in copies(alteration, reports))
            for alteration in ALTERATIONS
        }
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    return {
        "found": found,
        "rates": {str(upto): _rates(spent, upto) for upto in _marks(reports)},
        "overall": _rates(spent, reports, reports),
        "peak": _peak(),
        "before": before,
        "disk": size / 1e6,
    }


def _marks(reports: int) -> list[int]:
    return [upto for upto in (1_000, 10_000, 100_000) if upto < reports] + [reports]


def _rates(spent: list[tuple[float, float]], upto: int, window: int = 1_000) -> tuple[float, float]:
    """Reports a second by the clock and a second of processor time, over the `window` that ends at `upto`."""
    part = spent[(upto - window) // HAND_OVER : upto // HAND_OVER]
    clock, processor = (sum(column) for column in zip(*part, strict=True))
    return HAND_OVER * len(part) / clock, HAND_OVER * len(part) / processor


def _peak() -> float:
    """The most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _in_a_process_of_its_own(name: str, reports: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.lookup", "--only", name, "--reports", str(reports)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    measured: dict[str, Any] = json.loads(answer.stdout)
    return measured


def _show(name: str, measured: dict[str, Any]) -> None:
    found = "".join(f"{count:>18}" for count in measured["found"].values())
    print(f"{name:<12}{found}")
    rates = "  ".join(f"{_per_second(rate)} at {int(upto):,}" for upto, rate in measured["rates"].items())
    print(
        f"{'':<12}{_per_second(measured['overall'])} reports/s ({rates}); peak {measured['peak']:.0f} MB,"
        f" {measured['before']:.0f} of them before it began; {measured['disk']:.0f} MB on disk"
    )


def _per_second(rates: tuple[float, float]) -> str:
    return "{:,.0f}/{:,.0f}".format(*rates)


def main() -> None:
    arguments = argparse.ArgumentParser(description="altered copies looked up, ours and the libraries' ways")
    arguments.add_argument("--quick", action="store_true", help=f"{QUICK:,} reports")
    arguments.add_argument("--reports", type=int, default=0, help=f"so many instead of {REPORTS:,}")
    arguments.add_argument("--only", choices=WAYS, help="measure one way and print it as JSON")
    asked = arguments.parse_args()
    reports = asked.reports or (QUICK if asked.quick else REPORTS)
    if asked.only:
        print(json.dumps(measure(asked.only, reports)))
        return
    print(
        f"{reports:,} reports of {LENGTH:,} bytes; found of {COPIES} altered copies each;"
        " reports/s by the clock / by processor time, which a busy machine disturbs less"
    )
    print(f"{'':<12}" + "".join(f"{name:>18}" for name in ALTERATIONS))
    for name in WAYS:
        if name in RIVALS and importlib.util.find_spec(name) is None:
            print(f"{name:<12}not installed: {sys.executable} -m pip install {name}")
            continue
        _show(name, _in_a_process_of_its_own(name, reports))


if __name__ == "__main__":
    main()

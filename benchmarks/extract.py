"""Extraction on the saved pages: rates of title, date and body and pages a second, ours and the libraries'.

python -m benchmarks.extract                      one table per language, one run
python -m benchmarks.extract trafilatura newsp    only the extractors so called (ours are "policywire")
python -m benchmarks.extract --misses             what we got wrong, page by page

The libraries are no dependencies: those that are not installed say so, and a venv of their own with this
checkout on PYTHONPATH prints the whole table. Pages a second are of processor time. The manifest holds each
body's ends, pieces that must and must not be in it and its length, not the text: token F1 cannot be told from
it; `length` is the share of texts within 10 % of the expected number of characters, white space left out.
"""

import gzip
import importlib
import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from spiders.article import extract_page
from spiders.charset import decode
from spiders.sites.hosts import selectors_for

PAGES = Path(__file__).parents[2] / "shared" / "fixtures" / "pages"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_QUOTES = str.maketrans("“”„‟‘’‚‛「」『』", '""""\'\'\'\'""""')


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A saved page and what a reader expects of it."""

    id: str
    language: str
    url: str
    body: bytes
    expected: dict[str, Any]

    @property
    def usable(self) -> bool:
        """Whether there is an article to read."""
        return bool(self.expected.get("usable", True))

    @property
    def zone(self) -> ZoneInfo:
        """The zone of dates that name none."""
        return ZoneInfo("Asia/Shanghai" if self.language == "zh" else "UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an extractor says of a page."""

    title: str = ""
    text: str = ""
    date: datetime | str | None = None
    problem: str = ""


Extractor = Callable[[Sample], Reading]


def samples() -> Iterator[Sample]:
    """Every saved page that is neither a list nor a data file."""
    for line in (PAGES / "manifest.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        if record["kind"] in ("list", "data"):
            continue
        language = record["lang"].split("-")[0]
        yield Sample(
            id=record["id"],
            language=language if language in ("zh", "en") else "other",
            url=record["url"] or "",
            body=gzip.decompress((PAGES / record["file"]).read_bytes()),
            expected=record["expected"],
        )


# ── judging ──


def squeezed(text: str) -> str:
    """Text as the manifest wants it compared: no white space, plain quotes."""
    return re.sub(r"\s+", "", text).translate(_QUOTES)


def title_right(sample: Sample, reading: Reading) -> bool:
    """Whether the title is the expected one, white space and the form of quotes aside."""
    return squeezed(reading.title) == squeezed(sample.expected["title"])


def date_right(sample: Sample, reading: Reading) -> bool:
    """Whether the day is the expected one, in the zone the expectation is written in."""
    expected = datetime.fromisoformat(sample.expected["date"])
    if isinstance(reading.date, str):
        return reading.date[:10] == expected.date().isoformat()
    if reading.date is None:
        return False
    zone = expected.tzinfo or sample.zone
    return reading.date.astimezone(zone).date() == expected.date()


def body_right(sample: Sample, reading: Reading) -> bool:
    """Whether both ends and the middle are there and what surrounds the article is not."""
    return not body_faults(sample, reading)


def body_faults(sample: Sample, reading: Reading) -> list[str]:
    """What is missing from a text, or too much in it."""
    text = squeezed(reading.text)
    expected = sample.expected
    wanted = [expected.get("first", ""), expected.get("last", ""), *expected.get("must_contain", ())]
    missing = [f"missing: {part[:40]}" for part in wanted if squeezed(part) not in text]
    extra = [f"extra: {part[:40]}" for part in expected.get("must_not_contain", ()) if squeezed(part) in text]
    return missing + extra


def length_right(sample: Sample, reading: Reading) -> bool:
    """Whether the text is as long as the expected one, give or take a tenth."""
    expected: int = sample.expected["body_chars"]
    return abs(len(squeezed(reading.text)) - expected) <= 0.1 * expected


def refused(sample: Sample, reading: Reading) -> bool:
    """Whether a page without a visible article gave none, or the whole text that lies in its script."""
    hidden = sample.expected.get("embedded_json_contains", ())
    read = bool(hidden) and all(squeezed(part) in squeezed(reading.text) for part in hidden)
    return read or bool(reading.problem) or not reading.text


def rates(extract: Extractor, pages: list[Sample]) -> dict[str, float]:
    """Shares of right titles, dates, bodies, lengths and refusals, and pages a second."""
    started = time.process_time()
    read = [(page, extract(page)) for page in pages]
    seconds = time.process_time() - started
    usable = [(page, reading) for page, reading in read if page.usable]
    return {
        "title": share(title_right(p, r) for p, r in usable if "title" in p.expected),
        "date": share(date_right(p, r) for p, r in usable if p.expected.get("date")),
        "body": share(body_right(p, r) for p, r in usable if len(p.expected) > 1),
        "length": share(length_right(p, r) for p, r in usable if p.expected.get("body_chars")),
        "refused": share(refused(p, r) for p, r in read if not p.usable),
        "pages/s": len(pages) / seconds,
    }


def share(outcomes: Iterator[bool]) -> float:
    """The part of the outcomes that is good; 1 of none."""
    kept = list(outcomes)
    return sum(kept) / len(kept) if kept else 1.0


# ── the extractors ──


def ours(sample: Sample) -> Reading:
    """This project's extraction."""
    page = extract_page(
        sample.body, url=sample.url, selectors=selectors_for(sample.url), zone=sample.zone, now=NOW
    )
    return Reading(title=page.title, text=page.text, date=page.published_at, problem=page.problem)


def trafilatura_with(**options: Any) -> Extractor:
    """Trafilatura by these settings, told nothing else."""
    library = importlib.import_module("trafilatura")

    def extract(sample: Sample) -> Reading:
        document = library.bare_extraction(
            decode(sample.body), url=sample.url or None, with_metadata=True, include_comments=False, **options
        )
        if document is None:
            return Reading()
        return Reading(title=document.title or "", text=document.text or "", date=document.date)

    return extract


def readability() -> Extractor:
    """readability-lxml: title and text; it reads no dates."""
    library = importlib.import_module("readability")
    html = importlib.import_module("lxml.html")

    def extract(sample: Sample) -> Reading:
        try:
            document = library.Document(decode(sample.body))
            text = html.fromstring(document.summary()).text_content()
        except Exception:  # a library that raises has read nothing
            return Reading()
        return Reading(title=document.short_title(), text=text)

    return extract


def resiliparse() -> Extractor:
    """resiliparse: text of the main content only."""
    library = importlib.import_module("resiliparse.extract.html2text")
    return lambda sample: Reading(
        text=library.extract_plain_text(decode(sample.body), main_content=True, links=False)
    )


def newspaper() -> Extractor:
    """newspaper4k, told the language as it asks for."""
    library = importlib.import_module("newspaper")

    def extract(sample: Sample) -> Reading:
        language = sample.language if sample.language in ("en", "zh") else "en"
        try:
            article = library.Article(sample.url or "http://localhost/", language=language)
            article.download(input_html=decode(sample.body))
            article.parse()
        except Exception:  # likewise
            return Reading()
        return Reading(
            title=article.title or "", text=article.text or "", date=str(article.publish_date or "")
        )

    return extract


LIBRARIES: tuple[tuple[str, Callable[[], Extractor]], ...] = (
    ("policywire", lambda: ours),
    ("trafilatura", trafilatura_with),
    ("trafilatura fast", lambda: trafilatura_with(fast=True)),
    ("trafilatura precision", lambda: trafilatura_with(favor_precision=True)),
    ("readability-lxml", readability),
    ("resiliparse", resiliparse),
    ("newspaper4k", newspaper),
)


_COLUMNS = ("title", "date", "body", "length", "refused")
_YARDSTICK = "trafilatura fast"


def main() -> None:
    """Print one table per language, or the misses."""
    if not PAGES.exists():
        sys.exit("the saved pages (../shared) are absent: a user's checkout")
    pages = list(samples())
    if "--misses" in sys.argv:
        show_misses(pages)
        return
    logging.disable(logging.CRITICAL)  # what the libraries have to say would tear the table apart
    for language in ("zh", "en", "other"):
        show_table(language, [page for page in pages if page.language == language])


def show_table(language: str, pages: list[Sample]) -> None:
    """Say how each extractor does on these pages, in one run, and how fast beside trafilatura's fast mode."""
    asked = tuple(sys.argv[1:]) or ("",)
    rows = {name: measured(make, pages) for name, make in LIBRARIES if name.startswith(asked)}
    yardstick = rows.get(_YARDSTICK)
    print(f"\n{language}: {len(pages)} pages")
    print(f"{'':24}" + "".join(f"{column:>9}" for column in (*_COLUMNS, "pages/s", "ratio")))
    for name, row in rows.items():
        if row is None:
            print(f"{name:24}  not installed")
            continue
        ratio = f"{row['pages/s'] / yardstick['pages/s']:8.1f}x" if yardstick else f"{'-':>9}"
        print(
            f"{name:24}" + "".join(f"{row[key]:9.1%}" for key in _COLUMNS) + f"{row['pages/s']:9.0f}{ratio}"
        )


def measured(make: Callable[[], Extractor], pages: list[Sample]) -> dict[str, float] | None:
    """The rates of an extractor, its first page read beforehand; None where its library is not installed."""
    try:
        extract = make()
    except ImportError:
        return None
    extract(pages[0])
    return rates(extract, pages)


def show_misses(pages: list[Sample]) -> None:
    """Say page by page what we got wrong."""
    for page in pages:
        reading = ours(page)
        if not page.usable:
            print(f"{page.id}: {reading.problem or ('read' if refused(page, reading) else 'NOT REFUSED')}")
            continue
        if "title" in page.expected and not title_right(page, reading):
            print(f"{page.id}: title {reading.title!r} not {page.expected['title']!r}")
        if page.expected.get("date") and not date_right(page, reading):
            print(f"{page.id}: date {reading.date} not {page.expected['date']}")
        for fault in body_faults(page, reading):
            print(f"{page.id}: {fault}")
        if reading.problem:
            print(f"{page.id}: problem {reading.problem}")


if __name__ == "__main__":
    main()

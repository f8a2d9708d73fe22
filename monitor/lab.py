"""`policywire rules`: what the rules make of one text, and what they would have made of the archive."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from monitor.backtest import Backtest, Comparison, Told
from monitor.core.classify import compile_rules
from monitor.core.model import Article, Hit, Source, Verdict
from monitor.core.settings import Config
from monitor.core.tryout import Miss, misses
from monitor.explain import from_text, read_report, stranger
from monitor.printing import print_json, print_rows, say

_MOST_MISSES = 12
_MOST_SPANS = 6


def try_rules(what: str, *, url: str, config: Config, now: datetime, out: Console) -> None:
    """Show what the rules make of a text, a file or a page. Raises UserError when it cannot be read."""
    source, article = _read(what, url, config, now)
    judge = compile_rules(config.rules, config.rules_version)
    texts = {"title": article.title, "summary": article.summary, "body": article.body}
    origin = {"source": source.id, "language": article.language}
    verdict = judge.classify(**texts, **origin, tier=source.tier)
    near = misses(judge, verdict, **texts, **origin, tier=source.tier)
    for name, lines in _steps(article, verdict, near):
        out.print(f"[bold]{name}[/bold]")
        for line in lines:
            out.print(f"  {escape(line)}", highlight=False, soft_wrap=True)


def _read(what: str, url: str, config: Config, now: datetime) -> tuple[Source, Article]:
    if what == "-" or what.startswith(("http://", "https://")) or _is_file(what):
        source, article, _ = read_report(what, url, config, now)
        return source, article
    return stranger(url, config), from_text(what, url, now)


def _is_file(what: str) -> bool:
    try:
        return Path(what).is_file()
    except OSError:  # a text is too long for a name
        return False


def _steps(article: Article, verdict: Verdict, near: tuple[Miss, ...]) -> Iterator[tuple[str, Iterable[str]]]:
    head = "relevant" if verdict.relevant else "not relevant"
    topics = f"; topics {', '.join(verdict.topics)}" if verdict.topics else ""
    yield "Title", [article.title or "(none)"]
    yield "Verdict", [f"{head}: score {verdict.score:g}, asked {verdict.threshold:g}{topics}"]
    yield "Fired", [_hit_line(hit) for hit in verdict.hits] or ["no rule"]
    if verdict.share:
        yield "Learned part", [verdict.share.in_words()]
    if near:
        more = len(near) - _MOST_MISSES
        yield (
            "Near",
            [
                *(miss.in_words() for miss in near[:_MOST_MISSES]),
                *([f"and {more} more rules that know a word of it"] if more > 0 else []),
            ],
        )


def _hit_line(hit: Hit) -> str:
    spans = [f"“{match.text}” in {match.field} {match.start}–{match.end}" for match in hit.matches]
    topic = f" ({hit.topic})" if hit.topic else ""
    return f"{hit.rule}{topic} {hit.points:+g}: {', '.join(spans[:_MOST_SPANS])}"


# ── the archive ──


def show_backtest(found: Backtest, zone: ZoneInfo, as_json: bool) -> None:
    """Print how many stories on which day, and each of them."""
    days, stories = list(_days(found.stories, zone)), [_story(told, zone) for told in found.stories]
    if as_json:
        looked_at = {"articles": found.articles, "judged_again": found.judged_again}
        print_json({**looked_at, "days": days, "stories": stories})
        return
    say(f"{found.articles:,} articles, {len(stories)} stories would have alerted.")
    if stories:
        print_rows(days, False, empty="")
        print_rows(stories, False, empty="")


def show_comparison(found: Comparison, zone: ZoneInfo, as_json: bool) -> None:
    """Print what is different in the rules, and the stories gained and lost."""
    gained, lost = ([_story(told, zone) for told in stories] for stories in (found.gained, found.lost))
    if as_json:
        looked_at = {"articles": found.articles, "judged_again": found.judged_again, "kept": found.kept}
        print_json({**looked_at, "changed": found.changed, "gained": gained, "lost": lost})
        return
    say(*(found.changed or ("The rules are the same.",)))
    say(f"{found.articles:,} articles, {found.kept} stories alerted by both.")
    for name, stories in (("gained", gained), ("lost", lost)):
        say(f"{name} {len(stories)}")
        if stories:
            print_rows(stories, False, empty="")


def _story(told: Told, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "seen": f"{told.seen_at.astimezone(zone):%Y-%m-%d %H:%M}",
        "story": told.story_id,
        "title": told.title,
        "source": told.source_id,
        "topics": ", ".join(told.topics),
        "score": told.score,
        "why": told.why,
    }


def _days(stories: Iterable[Told], zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    counts = Counter(f"{told.seen_at.astimezone(zone):%Y-%m-%d}" for told in stories)
    for day, count in sorted(counts.items()):
        yield {"day": day, "stories": count}

"""`policywire explain`: the whole path of one article with every reason; nothing is kept or sent."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from alerts.console import ConsoleSender
from alerts.render import render
from monitor.batch import read_bytes, read_page, source_for, zone_for
from monitor.core.classify import classify_article, compile_rules
from monitor.core.decide import Desk, decide
from monitor.core.errors import UserError
from monitor.core.identity import canonical_url
from monitor.core.language import language_of
from monitor.core.messages import Alert, Delivery, DeliveryState
from monitor.core.model import (
    AlertId,
    Article,
    BodyFrom,
    ChatName,
    Decision,
    DeliveryId,
    Entry,
    Feed,
    Hold,
    Kind,
    Send,
    Source,
    SourceId,
    Story,
    StoryId,
    Tier,
    Verdict,
)
from monitor.core.polling import PageOwed, RobotsText
from monitor.core.settings import Chat, Config
from monitor.core.standing import opened, told_by
from monitor.crawl import new_process, run_until_done, trust
from spiders.article import complete
from spiders.page import PageSpider


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    name: str
    words: Sequence[str]


def explain(what: str, *, url: str, config: Config, now: datetime, out: Console) -> None:
    """Show how one article would be read, judged and alerted. Raises UserError when it cannot be read."""
    source, article, read = read_report(what, url, config, now)
    judge = compile_rules(config.rules, config.rules_version)
    # A bare text knows nothing of its source, which its address may tell.
    verdict = classify_article(judge, replace(article, source_id=source.id), source.tier)
    new = Story(id=StoryId(0), title=article.title, opened_at=now, last_seen_at=now)
    story = opened(new, told_by(article, source))
    desk = Desk(chats=config.chats, policy=config.alerts)
    decision = decide(article, verdict, story, desk=desk, first_sight=False, now=now)
    steps = [
        _Step(name="Source", words=[f"{source.name}: {source.kind}, tier {source.tier}"]),
        _Step(name="Read", words=read),
        _Step(name="Article", words=_article_in_words(article)),
        _Step(name="Judged", words=_verdict_in_words(verdict)),
        _Step(name="Decision", words=[f"{decision.reason}: {decision.words}"]),
    ]
    for step in steps:
        out.print(f"[bold]{step.name}[/bold]")
        for line in step.words:
            out.print(f"  {escape(line)}", highlight=False)
    if verdict.relevant:
        out.print("[bold]Message[/bold]")
        alert = Alert(
            id=AlertId(0),
            story=story,
            article=article,
            verdict=verdict,
            source_name=source.name,
            source_tier=source.tier,
            reason=decision.reason,
            decided_at=now,
        )
        chat = _first_taker(decision, config)
        message = render(_delivery(alert, chat, now), chat, zone=config.alerts.timezone)
        asyncio.run(ConsoleSender(out).send(chat, message))


def _first_taker(decision: Decision, config: Config) -> Chat:
    names = [due.chat for due in decision.due] if isinstance(decision, Send | Hold) else []
    taker = next((chat for chat in config.chats if chat.name in names), None)
    return taker or Chat(name=ChatName("not sent"), id="")


def _delivery(alert: Alert, chat: Chat, now: datetime) -> Delivery:
    return Delivery(
        id=DeliveryId(0),
        key="",
        chat=chat.name,
        state=DeliveryState.QUEUED,
        queued_at=now,
        alert=alert,
    )


def read_report(what: str, url: str, config: Config, now: datetime) -> tuple[Source, Article, list[str]]:
    """The article at an address, in a file or, for "-", on standard input, and in words how it was read.

    Raises UserError when there is none.
    """
    if what.startswith(("http://", "https://")):
        body, address, words = _fetch(what, config, now)
    else:
        body = sys.stdin.buffer.read() if what == "-" else read_bytes(Path(what))
        address, words = url, [f"{len(body):,} bytes from {'standard input' if what == '-' else what}"]
    source = source_for(address, config.sources) if address else None
    source = source or stranger(address, config)
    if not body.strip():
        raise UserError(f"{what}: it is empty")
    if b"<" not in body[:2000]:
        return source, from_text(body.decode("utf-8", errors="replace"), address, now), words
    page = read_page(body, url=address, now=now, sources=config.sources)
    if page.problem:
        words.append(page.problem)
    entry = Entry(source_id=source.id, title=page.title, link=address)
    return source, complete(entry, page, source=source, seen_at=now), words


def from_text(text: str, url: str, now: datetime) -> Article:
    """Plain text: the first line is the title, the rest the body."""
    title, _, body = text.strip().partition("\n")
    return Article(
        source_id=SourceId("text"),
        title=title.strip(),
        url=url,
        canonical_url=canonical_url(url),
        seen_at=now,
        body=body.strip(),
        body_from=BodyFrom.PAGE if body.strip() else BodyFrom.NOWHERE,
        language=language_of(text),
    )


class _NoMemory:
    """A crawl's memory that remembers nothing."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def known(self, source_id: SourceId, keys: Sequence[str]) -> frozenset[str]:  # noqa: ARG002
        return frozenset()

    def owed(self, source_id: SourceId) -> tuple[PageOwed, ...]:  # noqa: ARG002
        return ()

    def robots(self, origin: str) -> RobotsText | None:  # noqa: ARG002
        return None

    def save_robots(self, robots: RobotsText) -> None:
        pass


def _fetch(url: str, config: Config, now: datetime) -> tuple[bytes, str, list[str]]:
    process = new_process()
    crawler = process.create_crawler(PageSpider)
    crawler.settings.set("TRUSTED_ORIGINS", config.network.trusted, priority="cmdline")

    async def crawl() -> int:
        trust(config.network.trusted)
        await process.crawl(crawler, url=url, memory=_NoMemory(now))
        return 0

    run_until_done(process, crawl())
    spider = crawler.spider
    if not isinstance(spider, PageSpider):
        raise UserError(f"{url}: the crawl did not start")
    if spider.problem:
        raise UserError(f"{url}: {spider.problem}")
    return spider.body, spider.final_url, [f"{len(spider.body):,} bytes from {spider.final_url}"]


def stranger(url: str, config: Config) -> Source:
    """The source of what no chosen source published."""
    return Source(
        id=SourceId("unlisted"),
        name="not one of the chosen sources",
        homepage=url,
        kind=Kind.INTERNATIONAL,
        tier=Tier.REPORTING,
        feeds=(Feed(name="page", url=url),),
        timezone=zone_for(url, config.sources),
    )


def _article_in_words(article: Article) -> list[str]:
    published = article.published_at.isoformat() if article.published_at else "no date found"
    lines = [
        f"title: {article.title}",
        f"published: {published}{' (day only)' if article.day_only else ''}",
        f"language: {article.language or 'undecided'}",
        f"text: {len(article.body):,} characters from {article.body_from}",
    ]
    if article.issuer:
        lines.append(f"issuer: {article.issuer}")
    if article.document_number:
        lines.append(f"document number: {article.document_number}")
    return lines


def _verdict_in_words(verdict: Verdict) -> list[str]:
    head = "relevant" if verdict.relevant else "not relevant"
    topics = f"topics {', '.join(verdict.topics)}; " if verdict.topics else ""
    return [
        f"{head}; {topics}authority {verdict.authority}; priority {verdict.priority}",
        *verdict.reasons(),
    ]

"""A newsroom on a real SQLite file: reports come in, chats are told, and what they read can be asked."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from alerts.render import render
from monitor.config.lexicon import shipped_lexicon
from monitor.config.load import load_rules
from monitor.core.classify import Judge, compile_rules
from monitor.core.messages import Delivery, DeliveryKind, DeliveryState
from monitor.core.model import Kind, Priority, Source, SourceId, Tier, Verdict
from monitor.core.settings import AlertPolicy, Chat
from monitor.intake import Intake, Taken
from monitor.store.sql import SqlStore, open_store
from tests.builders import a_chat, a_source, a_verdict, an_article

ROOT = Path(__file__).parents[1]


@cache
def shipped_judge() -> Judge:
    """The rules that ship."""
    return compile_rules(load_rules(ROOT / "config.yaml"), "shipped")


def outlet(name: str, tier: Tier = Tier.REPORTING, kind: Kind = Kind.BUSINESS_MEDIA) -> Source:
    """A source of this name."""
    return a_source(id=SourceId(name.lower().replace(" ", "-")), name=name, tier=tier, kind=kind)


@dataclass(frozen=True)
class Fixed:
    """Judges everything relevant, with one urgency."""

    priority: Priority

    def classify(self, **report: Any) -> Verdict:
        return a_verdict(priority=self.priority)


@dataclass
class Newsroom:
    """Takes reports at given times and delivers what is due, as the service would."""

    store: SqlStore
    chats: tuple[Chat, ...]
    policy: AlertPolicy
    sources: dict[str, Source] = field(default_factory=dict)
    read: list[Delivery] = field(default_factory=list)  # what went out, in order
    judge: Judge | Fixed = field(default_factory=shipped_judge)

    @classmethod
    def opened(cls, folder: Path, *chats: Chat, policy: AlertPolicy | None = None) -> "Newsroom":
        """A newsroom with a database of its own."""
        store = open_store(f"sqlite:///{folder}/newsroom.db")
        return cls(store, chats or (a_chat(),), policy or AlertPolicy(timezone=ZoneInfo("Asia/Shanghai")))

    def report(
        self, source: Source, title: str, at: datetime, *, body: str = "", published: datetime | None = None
    ) -> Taken:
        """A report that is published and seen at `at`."""
        self.sources[source.id] = source
        url = f"https://{source.id}.example/{abs(hash((title, at)))}"
        article = an_article(
            source_id=source.id,
            title=title,
            body=body,
            url=url,
            canonical_url=url,
            language="",
            published_at=published or at,
            seen_at=at,
        )
        with self.store.work() as work:
            work.keep_sources(self.sources.values(), at)
        intake = Intake(
            store=self.store,
            judge=self.judge,  # type: ignore[arg-type]
            lexicon=shipped_lexicon(),
            policy=self.policy,
            chats=self.chats,
        )
        (taken,) = intake.take([(article, (url,))], source=source, first_sight=False, now=at)
        return taken

    def deliver(self, at: datetime) -> list[str]:
        """Send everything that is due by `at`; returns the texts as a chat reads them, edits marked."""
        texts = []
        while claimed := self.store.claim(at, timedelta(minutes=2), 20, ()):
            for one in claimed:
                texts.append(self._send(one, at))
        return texts

    def _send(self, one: Delivery, at: datetime) -> str:
        chat = next(chat for chat in self.chats if chat.name == one.chat)
        message = render(one, chat, zone=self.policy.timezone)
        message_id = one.first_message_id if one.kind is DeliveryKind.EDIT else 100 + len(self.read)
        self.read.append(one)
        self.store.settle(replace(one, state=DeliveryState.SENT, message_id=message_id, settled_at=at))
        mark = {DeliveryKind.EDIT: "[edit] ", DeliveryKind.FOLLOW_UP: "[reply] "}.get(one.kind, "")
        return mark + message.plain

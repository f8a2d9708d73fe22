"""Adds machine-made texts to messages that were sent: never before the alert, never in its way."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from alerts.llm import write
from alerts.stopping import rest, unless
from monitor.core.errors import ModelDeclined, ModelUnavailable, StoreError
from monitor.core.machine import (
    LASTING_WAIT,
    MOST_UNANSWERED,
    MOST_UNFIT,
    Fit,
    judge_answer,
    task_for,
    wait_after,
    wish_of,
)
from monitor.core.messages import MachineText, TextWanted
from monitor.core.model import ChatName
from monitor.core.ports import Archive, Clock, Outbox
from monitor.core.settings import Addition, Channel, Config, LanguageModel

_LOOK = 2.0  # seconds between two looks
_NEWS = timedelta(hours=24)  # older messages are left as they are
_ASKED = "llm_asked"  # the day, and how often the endpoint was asked on it

log = structlog.get_logger("policywire.machine")


class Texts(Outbox, Archive, Protocol):
    """Where messages and texts are kept."""


class MachineTexts:
    """One request at a time. The message is edited by the courier, like any other edit.

    `wake` tells the courier that an edit is owed; `tell` queues a notice for the operator under a key;
    `proxy_for` names the proxy for an address.
    """

    def __init__(
        self,
        store: Texts,
        clock: Clock,
        *,
        config: Callable[[], Config],
        wake: Callable[[], None],
        tell: Callable[[str, str], None],
        proxy_for: Callable[[str], str | None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._config = config
        self._wake = wake
        self._tell = tell
        self._proxy_for = proxy_for
        self._failures = 0  # in a row
        self._rests_until: datetime | None = None
        self._rests_since: datetime | None = None
        self._of: LanguageModel | None = None  # the endpoint these figures are of
        self._trouble = ""
        self._told = ""

    @property
    def trouble(self) -> str:
        """What keeps texts from being made, in words; "" when nothing does. No alert waits for it."""
        return f"language model: {self._trouble}" if self._trouble else ""

    async def run(self, stop: asyncio.Event) -> None:
        """Add what is wanted until `stop` is set; a request under way is given up then."""
        while not stop.is_set():
            await unless(stop, self.add_due())
            await rest(stop, _LOOK)

    async def add_due(self) -> int:
        """Ask for every text that is wanted now; returns how many were made."""
        made = 0
        try:
            while (wanted := await self._next()) is not None:
                made += await self._make(*wanted)
        except StoreError as error:
            log.error("machine-made texts wait for the database", problem=str(error))
        return made

    # ── one text ──

    async def _next(self) -> tuple[LanguageModel, TextWanted] | None:
        config, now = self._config(), self._clock.now()
        wishes = _wishes(config)
        if config.llm is None or not wishes or self._rests(config.llm, now):
            return None
        if await asyncio.to_thread(self._asked, config, now) >= config.llm.daily_cap:
            self._capped(config.llm)
            return None
        wanted = await asyncio.to_thread(self._store.text_wanted, wishes, since=now - _NEWS, now=now)
        return None if wanted is None else (config.llm, wanted)

    async def _make(self, llm: LanguageModel, wanted: TextWanted) -> int:
        await asyncio.to_thread(self._count, self._config(), self._clock.now())
        try:
            answer = await write(llm, task_for(wanted), proxy=self._proxy_for(llm.api_url))
        except ModelDeclined as error:
            await self._put_off(wanted, str(error), most=1)
            return 0
        except ModelUnavailable as error:
            await self._leave_alone(error)
            if not error.lasting:  # else it is not this text's fault, and a mended key is used at once
                await self._put_off(wanted, str(error), most=MOST_UNANSWERED)
            return 0
        self._well()
        found = judge_answer(answer, wanted)
        if not isinstance(found, Fit):
            await self._put_off(wanted, found.why, most=MOST_UNFIT)
            return 0
        await self._keep(wanted, found.text, llm.model)
        return 1

    async def _keep(self, wanted: TextWanted, text: str, model: str) -> None:
        now, wish = self._clock.now(), (wanted.kind, wanted.language)
        made = MachineText(kind=wanted.kind, language=wanted.language, text=text, model=model, made_at=now)
        chats = [chat for chat, wished in _wishes(self._config()).items() if wished == wish]
        if await asyncio.to_thread(self._store.keep_text, wanted.article_id, made, chats, now):
            self._wake()

    async def _put_off(self, wanted: TextWanted, why: str, *, most: int) -> None:
        last = wanted.tries + 1 >= most
        again = None if last else self._clock.now() + wait_after(wanted.tries + 1, None)
        log.info("no machine-made text", article=wanted.article_id, why=why, given_up=last)
        await asyncio.to_thread(self._store.put_off_text, wanted, why, again)

    # ── the endpoint ──

    def _rests(self, llm: LanguageModel, now: datetime) -> bool:
        if llm != self._of:  # another endpoint, key or model: begin anew
            self._of, self._told = llm, ""
            self._well()
        until, since = self._rests_until, self._rests_since
        # A rest that was decided in the future is over: the clock was set back.
        return until is not None and since is not None and since <= now < until

    def _well(self) -> None:
        self._failures, self._rests_until, self._trouble = 0, None, ""

    async def _leave_alone(self, error: ModelUnavailable) -> None:
        self._failures += 1
        now = self._clock.now()
        wait = LASTING_WAIT if error.lasting else wait_after(self._failures, error.after)
        self._rests_since, self._rests_until, self._trouble = now, now + wait, str(error)
        log.warning("the language model gives no text; alerts go on", problem=str(error), again_in=str(wait))
        if error.lasting and self._told != str(error):
            self._told = str(error)
            words = f"{self.trouble}. Alerts go out without machine-made texts; see policywire doctor."
            await asyncio.to_thread(self._tell, f"llm:{now:%Y%m%dT%H%M%S}", words)

    def _capped(self, llm: LanguageModel) -> None:
        words = f"{llm.daily_cap} requests were made today: that is its daily_cap"
        if self._trouble != words:
            log.warning("no more machine-made texts today", problem=words)
            self._trouble = words

    def _count(self, config: Config, now: datetime) -> None:
        """Before the request leaves: a crash must not make it free."""
        self._store.set_bot_value(_ASKED, f"{_day(config, now)} {self._asked(config, now) + 1}")

    def _asked(self, config: Config, now: datetime) -> int:
        day, _, times = (self._store.bot_value(_ASKED) or "").partition(" ")
        return int(times) if day == _day(config, now) else 0


def _day(config: Config, now: datetime) -> str:
    return f"{now.astimezone(config.alerts.timezone):%Y-%m-%d}"


def _wishes(config: Config) -> Mapping[ChatName, tuple[Addition, str]]:
    """What each chat whose messages can be edited is to carry."""
    telegram = (chat for chat in config.chats if chat.channel is Channel.TELEGRAM)
    return {chat.name: wish for chat in telegram if (wish := wish_of(chat)) is not None}

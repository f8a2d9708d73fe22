"""The bot: listens to people by long polling, knows who may ask, and has each thing they ask done once."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from alerts.answers import Keeping
from alerts.commands import Command, parse_command, said
from alerts.orders import Orders
from alerts.pace import Pace
from alerts.phrases import Phrases, phrases, spoken
from alerts.record import Record
from alerts.rule_edits import RuleEdits
from alerts.speech import Speech
from alerts.stopping import rest, unless
from alerts.updates import Inbox, OtherPoller, Pressed, Unknown, Update, Written
from alerts.whereabouts import Whereabouts
from monitor.core.errors import NotSent, PolicywireError, RetryLater, StoreError, TokenRefused
from monitor.core.outbox import backoff, shares_sequence
from monitor.core.ports import Clock, Sender
from monitor.core.settings import Config

_PAUSE = 300.0  # seconds, after a refusal that a person has to mend
_LONGEST_BACKOFF = 30.0
_UNHEARD_LONG = 10  # failures in a row, some three minutes: shorter ones come with any network
_MOST_STRANGERS = 2_000  # remembered as refused; the longest known are forgotten first
_BETWEEN_STARTS = 60.0  # seconds until a stranger's /start is answered again
_REPLAYED = 1_000  # numbers below the next one that count as seen: further down Telegram began a new series

Result = TypeVar("Result")

_OFFSET, _STRANGERS = "update_offset", "strangers"

log = structlog.get_logger("policywire.bot")


class Bot:
    """Runs beside the courier over the same store, sender and pace; nothing here stops an alert.

    `wake` tells the courier that something was queued; `problems` tells what ails the service; `where` is the
    courier's own, so that each knows at once of a chat that moved.
    """

    def __init__(
        self,
        inbox: Inbox,
        sender: Sender,
        store: Keeping,
        clock: Clock,
        *,
        config: Callable[[], Config],
        edits: RuleEdits,
        pace: Pace,
        wake: Callable[[], None],
        problems: Callable[[], Sequence[str]] = tuple,
        where: Whereabouts | None = None,
    ) -> None:
        self._inbox = inbox
        self._store = store
        self._config = config
        self._orders = Orders(store, clock, config=config, edits=edits, wake=wake, problems=problems)
        where = where or Whereabouts(config, store, Record())
        self._speech = Speech(inbox, sender, store, self._orders, clock, pace, where)
        self._username = ""
        self._offset: int | None = None
        self._failures = 0
        self._menu_at = 0.0  # by the loop's clock: when the menu is next told, if it was not yet
        self._menu_told = False
        self._problems: dict[str, str] = {}
        self._starts: dict[int, float] = {}  # when strangers were last told their number, by the loop's clock

    @property
    def problem(self) -> str:
        """What keeps people from being heard, in words; "" when nothing does."""
        return "; ".join(self._problems.values())

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until `stop` is set; what is asked by then is still answered."""
        while not stop.is_set() and not await self._take_up():
            await rest(stop, _LONGEST_BACKOFF)
        while not stop.is_set():
            await rest(stop, await self._listen(stop))
        await self._speech.finish()

    async def _take_up(self) -> bool:
        try:
            kept = await asyncio.to_thread(self._store.bot_value, _OFFSET)
            await self._speech.take_up()
        except StoreError as error:
            self._problems["store"] = f"the bot cannot read what it kept: {error}"
            return False
        self._problems.pop("store", None)
        self._offset = int(kept) if kept else None
        return True

    # ── listening ──

    async def _listen(self, stop: asyncio.Event) -> float:
        """Take in what people sent, waiting for it; returns how many seconds to rest before the next look."""
        try:
            updates = await unless(stop, self._fetch())
        except OtherPoller as error:
            return self._refused(f"another program receives the bot's messages: stop it ({error})")
        except TokenRefused as error:
            return self._refused(str(error))
        except RetryLater as asked:
            return asked.after.total_seconds()
        except NotSent as error:
            return self._unheard(error)
        self._failures = 0
        self._problems.pop("listening", None)
        for update in updates or ():
            if stop.is_set():  # the rest comes again
                break
            await self._take(update)
        return 0.0

    async def _fetch(self) -> Sequence[Update]:
        if not self._username:
            self._username = await self._inbox.username()
        await self._tell_menu()
        return await self._inbox.fetch(self._offset)

    async def _tell_menu(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._menu_told or now < self._menu_at:
            return
        try:
            await self._inbox.announce(phrases("zh").menu, "zh")
            await self._inbox.announce(phrases("en").menu)
        except PolicywireError as error:
            # People can do without the menu.
            self._problems["menu"] = f"the bot's menu could not be set: {error}"
            self._menu_at = now + _PAUSE
        else:
            self._menu_told = True
            self._problems.pop("menu", None)

    def _refused(self, words: str) -> float:
        self._problems["listening"] = f"the bot hears nobody: {words}"
        log.error("the bot hears nobody; alerts go on", problem=words, again_in=_PAUSE)
        return _PAUSE

    def _unheard(self, error: NotSent) -> float:
        self._failures += 1
        if self._failures == 1:
            log.warning("the bot does not reach Telegram", problem=str(error))
        if self._failures >= _UNHEARD_LONG:
            self._problems["listening"] = f"the bot does not reach Telegram: {error}"
        return min(backoff(self._failures).total_seconds(), _LONGEST_BACKOFF)

    # ── one update ──

    async def _take(self, update: Update) -> None:
        if not self._seen(update.number):
            await self._heard(update)
        self._offset = update.number + 1
        try:
            await asyncio.to_thread(self._note, update, str(self._offset))
        except StoreError as error:
            # It may come again after a restart; every command does what doing it once does.
            self._problems["store"] = f"the bot cannot note what it heard: {error}"
        else:
            self._problems.pop("store", None)

    def _note(self, update: Update, offset: str) -> None:
        if isinstance(update, Written | Unknown) and update.place and update.message_id:
            address = str(update.place.chat_id)
            if shares_sequence(address):  # it took one of the numbers that alerts are looked for by
                self._store.note_message(address, update.message_id)
        self._store.set_bot_value(_OFFSET, offset)

    def _seen(self, number: int) -> bool:
        return self._offset is not None and self._offset - _REPLAYED <= number < self._offset

    async def _heard(self, update: Update) -> None:
        try:
            await self._serve(update)
        except StoreError as error:
            log.error("what somebody asked could not be done", problem=str(error))
            self._excuse(update, lambda words: words.no_database)
        # The edge of one update: a bug of ours must neither stop the bot nor come back with the update.
        except Exception as bug:
            log.error("an update failed", update=update.number, exc_info=bug)
            self._excuse(update, lambda words: words.failed)

    def _excuse(self, update: Update, why: Callable[[Phrases], str]) -> None:
        if isinstance(update, Unknown):
            return
        words = why(phrases(spoken(update.language)))  # which chat this is, only the database may know
        if isinstance(update, Pressed):
            self._speech.toast(update.press_id, words)
        elif self._may_ask(update.person):
            self._speech.say(update.place, said(words), reply_to=update.message_id)

    async def _serve(self, update: Update) -> None:
        match update:
            case Written():
                await self._serve_message(update)
            case Pressed():
                await self._serve_press(update)
            case Unknown():
                pass

    async def _serve_message(self, asked: Written) -> None:
        private, command = asked.place.private, parse_command(asked.text)
        if not self._may_ask(asked.person):
            if private and await self._may_be_told(asked, command):
                await self._tell_stranger(asked)
            return
        if command is None:
            if private:
                self._speech.say(asked.place, said((await self._words(asked)).hint))
            return
        if command.bot and command.bot.lower() != self._username.lower():
            return
        owner, words = self._is_owner(asked.person), await self._words(asked)
        reply = await asyncio.to_thread(self._orders.command, asked, command, words, owner=owner)
        if reply is not None:
            self._speech.say(asked.place, reply, reply_to=None if private else asked.message_id)

    async def _serve_press(self, pressed: Pressed) -> None:
        words = await self._words(pressed)
        if not self._may_ask(pressed.person):
            self._speech.toast(pressed.press_id, words.not_yet.format(person=pressed.person), to_read=True)
            return
        owner = self._is_owner(pressed.person)
        answer = await asyncio.to_thread(self._orders.press, pressed, words, owner=owner)
        self._speech.toast(pressed.press_id, answer.toast, to_read=answer.to_read)
        if answer.reply is not None and pressed.place is not None:
            replaces = pressed.message_id if answer.replaces else None
            self._speech.say(pressed.place, answer.reply, reply_to=pressed.message_id, replaces=replaces)

    async def _words(self, asked: Written | Pressed) -> Phrases:
        return await asyncio.to_thread(self._orders.words_for, asked)

    # ── rights ──

    def _is_owner(self, person: int) -> bool:
        return person in self._config().bot.owners

    def _may_ask(self, person: int) -> bool:
        return self._is_owner(person) or person in self._config().bot.readers

    async def _may_be_told(self, asked: Written, command: Command | None) -> bool:
        """Whether a stranger is answered: the first time, and whoever asks with /start, but not too often."""
        new = await asyncio.to_thread(self._remember_stranger, asked.person)
        if command is None or command.name != "start":
            return new
        now, told_at = asyncio.get_running_loop().time(), self._starts.pop(asked.person, None)
        again = told_at is None or now - told_at >= _BETWEEN_STARTS
        self._starts[asked.person] = now if again or told_at is None else told_at
        if len(self._starts) > _MOST_STRANGERS:
            del self._starts[next(iter(self._starts))]
        return again

    async def _tell_stranger(self, asked: Written) -> None:
        words = await self._words(asked)
        told = words.stranger if self._config().bot.owners else words.no_owner_yet
        self._speech.say(asked.place, said(told.format(person=asked.person)))

    def _remember_stranger(self, person: int) -> bool:
        """Whether this stranger was not answered before."""
        known = json.loads(self._store.bot_value(_STRANGERS) or "[]")
        if person in known:
            return False
        self._store.set_bot_value(_STRANGERS, json.dumps([*known, person][-_MOST_STRANGERS:]))
        return True

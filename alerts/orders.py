"""What each command and each press does, and what is answered."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from alerts.answers import Answers, Keeping
from alerts.commands import OWNERS_ONLY, Command, Reply, help_text, parse_press, parse_story, said
from alerts.digests import Digester
from alerts.harmless import escaped, line
from alerts.pace import address_of
from alerts.phrases import Phrases, phrases, spoken
from alerts.rule_edits import VERBS, RuleEdits
from alerts.updates import Place, Pressed, Written
from monitor.core.errors import UserError
from monitor.core.model import ChatName, StoryId
from monitor.core.ports import Clock
from monitor.core.settings import Channel, Chat, Config

_PAGE_NUMBER = re.compile(r"\d{1,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command of somebody who may ask, and in whose words it is answered."""

    asked: Written
    rest: str  # what stands behind the command
    owner: bool
    words: Phrases


@dataclass(frozen=True, slots=True, kw_only=True)
class PressAnswer:
    """What a press leads to: a few words beside the button, and perhaps a message."""

    toast: str = ""
    to_read: bool = False  # the words are shown in a box, to be closed by hand
    reply: Reply | None = None
    replaces: bool = False  # the reply takes the place of the message with the button


class Orders:
    """Carries out what people ask; called in threads. Asking twice does what asking once does.

    `wake` tells the courier that something was queued, `problems` what ails the service.
    """

    def __init__(
        self,
        store: Keeping,
        clock: Clock,
        *,
        config: Callable[[], Config],
        edits: RuleEdits,
        wake: Callable[[], None],
        problems: Callable[[], Sequence[str]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._config = config
        self._edits = edits
        self._wake = wake
        self._answers = Answers(store, clock, config=config, problems=problems)
        self._digester = Digester(store, config=config)
        self._commands: dict[str, Callable[[Order], Reply]] = {
            "start": self._start,
            "help": lambda order: Reply(html=help_text(order.words, owner=order.owner)),
            "status": lambda order: self._answers.status(order.words),
            "sources": lambda order: self._answers.sources(order.words),
            "rules": self._rules,
            "why": self._why,
            "latest": lambda order: self._answers.latest(order.rest, order.words),
            "search": lambda order: self._answers.search(order.rest, order.words),
            "mute": lambda order: self._mute(order, on=True),
            "unmute": lambda order: self._mute(order, on=False),
            "digest": self._digest,
            "test": self._test,
        }

    # ── places ──

    def chats_at(self, place: Place) -> tuple[Chat, ...]:
        """The configured chats at a place, under their present ids; of a forum those of the topic, if any."""
        here = [chat for chat in self._known_chats() if _is_at(chat, place)]
        of_topic = [chat for chat in here if chat.thread == place.thread]
        return tuple(of_topic or here)

    def chat_at(self, place: Place) -> Chat:
        """Where an answer goes; it shares the pace of what else goes there."""
        here = self.chats_at(place)
        chat = here[0] if here else Chat(name=ChatName("an answer"), id=str(place.chat_id))
        return replace(chat, thread=place.thread)

    def words_for(self, asked: Written | Pressed) -> Phrases:
        """Those of the configured chat it is asked in, else of the person's language. Raises StoreError."""
        here = self.chats_at(asked.place) if asked.place else ()
        return phrases(here[0].language if here else spoken(asked.language))

    def names_at(self, address: str) -> tuple[ChatName, ...]:
        """The configured chats of one address."""
        return tuple(chat.name for chat in self._known_chats() if address_of(chat) == address)

    def chats_named(self, names: Collection[ChatName]) -> tuple[Chat, ...]:
        """Those of the configured chats, under their present ids."""
        return tuple(chat for chat in self._known_chats() if chat.name in names)

    def _known_chats(self) -> list[Chat]:
        chats = (chat for chat in self._config().chats if chat.channel is Channel.TELEGRAM)
        return [replace(chat, id=self._store.chat_id(chat.name, chat.id) or chat.id) for chat in chats]

    # ── commands ──

    def command(self, asked: Written, command: Command, words: Phrases, *, owner: bool) -> Reply | None:
        """Carry out a command of somebody who may ask. Raises StoreError.

        None: a command of a group that another bot may know, and nobody said that it is for this one.
        """
        carry_out = self._commands.get(command.name)
        if carry_out is None:
            meant = asked.place.private or command.bot
            return said(words.unknown.format(name=command.name)) if meant else None
        if command.name in OWNERS_ONLY and not owner:
            return said(words.owners_only)
        return carry_out(Order(asked=asked, rest=command.rest, owner=owner, words=words))

    def _start(self, order: Order) -> Reply:
        words, parked = order.words, self._store.parked_chats()
        if order.rest and order.owner:
            return self._resume_named(ChatName(order.rest), parked, words)
        here = {chat.name for chat in self.chats_at(order.asked.place)} & set(parked)
        if here:
            return self._resume(here, words)
        return Reply(html=f"{escaped(words.hello)}\n{help_text(words, owner=order.owner)}")

    def _resume_named(self, name: ChatName, parked: Collection[ChatName], words: Phrases) -> Reply:
        if name in parked:
            return self._resume({name}, words)
        known = [chat.name for chat in self._config().chats]
        if name in known:
            return said(words.not_parked.format(chat=name))
        chats = words.comma.join(dict.fromkeys([*known, *parked]))
        return said(words.no_chat.format(chat=line(name, 60), chats=chats))

    def _resume(self, names: Collection[ChatName], words: Phrases) -> Reply:
        queued = sum(self._store.unpark_chat(name) for name in sorted(names))
        self._wake()
        return said(words.resumed.format(chats=words.comma.join(sorted(names)), count=queued))

    def _rules(self, order: Order) -> Reply:
        words, typed = order.words, order.rest.split()
        if not typed:
            return self._answers.rules(self._switched_off(), words)
        if typed[0].lower() in VERBS:
            return self._edit(order)
        page = int(typed.pop()) if _PAGE_NUMBER.fullmatch(typed[-1]) else 1
        mends = [words.how] if order.owner else []
        return self._answers.rules_with(" ".join(typed), page, self._switched_off(), words, *mends)

    def _edit(self, order: Order) -> Reply:
        if not order.owner:
            return said(order.words.owners_only)
        asked = order.asked
        return self._edits.propose(order.rest, person=asked.person, number=asked.number, words=order.words)

    def _switched_off(self) -> tuple[str, ...]:
        try:
            return self._edits.switched_off()
        except UserError:  # the file is being written, or wrong: the rules in force can be told all the same
            return ()

    def _why(self, order: Order) -> Reply:
        story = self._story(order)
        return said(order.words.which_story) if story is None else self._answers.why(story, order.words)

    def _mute(self, order: Order, *, on: bool) -> Reply:
        story = self._story(order)
        if story is None:
            return said(order.words.which_story)
        return self._answers.mute(story, order.words, on=on)

    def _digest(self, order: Order) -> Reply:
        names = {chat.name for chat in self.chats_at(order.asked.place)}
        if not names:
            return said(order.words.not_configured)
        if not self._digester.fold_now(names, self._clock.now()):
            return said(order.words.nothing_gathered)
        self._wake()
        return said(order.words.digest_sent)

    def _test(self, order: Order) -> Reply:
        here = self.chats_at(order.asked.place)
        if not here:
            return said(order.words.not_configured)
        with self._store.work() as work:
            for chat in here:
                key, text = f"notice:test:{order.asked.number}", phrases(chat.language).test
                work.add_notice(key, text, chat.name, self._clock.now())
        self._wake()
        return said(order.words.test_sent)

    def _story(self, order: Order) -> StoryId | None:
        asked = order.asked
        if order.rest:
            return parse_story(order.rest)
        if asked.reply_to is None:
            return None
        names = [chat.name for chat in self._known_chats() if _is_at(chat, asked.place)]
        return self._store.story_at(names, asked.reply_to)

    # ── presses ──

    def press(self, pressed: Pressed, words: Phrases, *, owner: bool) -> PressAnswer:
        """Carry out a press of somebody who may ask. Raises StoreError."""
        act, about = parse_press(pressed.press)
        if act == "edit":
            return self._decide(about, pressed, words, owner=owner)
        story = parse_story(about)
        match act:
            case "why" if story is not None:
                return self._press_why(story, pressed, words)
            case "useful" | "noise" if story is not None:
                toast = self._answers.press(story, pressed.person, words, useful=act == "useful")
                return PressAnswer(toast=toast)
            case "mute" if story is not None:
                return self._press_mute(story, words, owner=owner)
            case _:
                return PressAnswer(toast=words.no_button)

    def _press_why(self, story: StoryId, pressed: Pressed, words: Phrases) -> PressAnswer:
        if pressed.place is not None and pressed.place.channel:
            # Everybody reads a channel: what one person asks is told to that person alone.
            return PressAnswer(toast=self._answers.why_in_short(story, words), to_read=True)
        return PressAnswer(reply=self._answers.why(story, words))

    def _press_mute(self, story: StoryId, words: Phrases, *, owner: bool) -> PressAnswer:
        if not owner:
            return PressAnswer(toast=words.owners_only)
        return PressAnswer(toast=self._answers.mute(story, words, on=True).message().plain)

    def _decide(self, about: str, pressed: Pressed, words: Phrases, *, owner: bool) -> PressAnswer:
        if not owner:
            return PressAnswer(toast=words.owners_only)
        others = [person for person in self._config().bot.owners if person != pressed.person]
        decided = self._edits.decide(about, person=pressed.person, others=others, words=words)
        reply = decided.reply if decided.ended else None
        return PressAnswer(toast=decided.reply.message().plain, reply=reply, replaces=decided.ended)


def _is_at(chat: Chat, place: Place) -> bool:
    named = place.username and chat.id.lower() == f"@{place.username.lower()}"
    return bool(named) or chat.id == str(place.chat_id)

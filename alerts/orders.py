"""What each command and each press does, and what is answered."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from alerts.answers import Answers, Keeping
from alerts.commands import OWNERS_MAY, OWNERS_ONLY, Command, Reply, help_text, parse_press, parse_story, said
from alerts.digests import Digester
from alerts.pace import address_of
from alerts.rule_edits import RuleEdits
from alerts.updates import Place, Pressed, Written
from monitor.core.errors import UserError
from monitor.core.model import ChatName, StoryId
from monitor.core.ports import Clock
from monitor.core.settings import Channel, Chat, Config

_NO_STORY = "which story? Give its number, or write this in reply to an alert"
_NOT_CONFIGURED = "this chat is not in config.yaml: no alerts come here"


@dataclass(frozen=True, slots=True, kw_only=True)
class PressAnswer:
    """What a press leads to: a few words beside the button, and perhaps a message."""

    toast: str = ""
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
        self._commands: dict[str, Callable[[Written, str, bool], Reply]] = {
            "start": self._start,
            "help": lambda _asked, _rest, owner: Reply(html=help_text(owner=owner)),
            "status": lambda _asked, _rest, _owner: self._answers.status(),
            "sources": lambda _asked, _rest, _owner: self._answers.sources(),
            "rules": self._rules,
            "why": self._why,
            "latest": lambda _asked, rest, _owner: self._answers.latest(rest),
            "search": lambda _asked, rest, _owner: self._answers.search(rest),
            "mute": lambda asked, rest, _owner: self._mute(asked, rest, on=True),
            "unmute": lambda asked, rest, _owner: self._mute(asked, rest, on=False),
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

    def command(self, asked: Written, command: Command, *, owner: bool) -> Reply:
        """Carry out a command of somebody who may ask. Raises StoreError."""
        carry_out = self._commands.get(command.name)
        if carry_out is None:
            return said(f"there is no /{command.name}; /help tells what there is")
        if command.name in OWNERS_ONLY and not owner:
            return said(OWNERS_MAY)
        return carry_out(asked, command.rest, owner)

    def _start(self, asked: Written, rest: str, owner: bool) -> Reply:
        named = {ChatName(rest)} if rest and owner else {chat.name for chat in self.chats_at(asked.place)}
        parked = named & set(self._store.parked_chats())
        if parked:
            queued = sum(self._store.unpark_chat(name) for name in sorted(parked))
            self._wake()
            names = ", ".join(sorted(parked))
            return said(f"{names} receives again; {queued} kept messages are on their way")
        return Reply(html="policywire is here.\n" + help_text(owner=owner))

    def _rules(self, asked: Written, rest: str, owner: bool) -> Reply:
        if not rest:
            return self._answers.rules(self._switched_off())
        if not owner:
            return said(OWNERS_MAY)
        language = self._language(asked.place)
        return self._edits.propose(rest, person=asked.person, number=asked.number, language=language)

    def _switched_off(self) -> tuple[str, ...]:
        try:
            return self._edits.switched_off()
        except UserError:  # the file is being written, or wrong: the rules in force can be told all the same
            return ()

    def _why(self, asked: Written, rest: str, _owner: bool) -> Reply:
        story = self._story(asked, rest)
        return self._answers.why(story) if story is not None else said(_NO_STORY)

    def _mute(self, asked: Written, rest: str, *, on: bool) -> Reply:
        story = self._story(asked, rest)
        return self._answers.mute(story, on=on) if story is not None else said(_NO_STORY)

    def _digest(self, asked: Written, _rest: str, _owner: bool) -> Reply:
        names = {chat.name for chat in self.chats_at(asked.place)}
        if not names:
            return said(_NOT_CONFIGURED)
        made = self._digester.fold_now(names, self._clock.now())
        if not made:
            return said("nothing is gathered for this chat")
        self._wake()
        return said("what was gathered is on its way")

    def _test(self, asked: Written, _rest: str, _owner: bool) -> Reply:
        here = self.chats_at(asked.place)
        if not here:
            return said(_NOT_CONFIGURED)
        text = "A test: this message came the way alerts come."
        with self._store.work() as work:
            for chat in here:
                work.add_notice(f"notice:test:{asked.number}", text, chat.name, self._clock.now())
        self._wake()
        return said("a test message is on its way")

    def _story(self, asked: Written, rest: str) -> StoryId | None:
        if rest:
            return parse_story(rest)
        if asked.reply_to is None:
            return None
        names = [chat.name for chat in self._known_chats() if _is_at(chat, asked.place)]
        return self._store.story_at(names, asked.reply_to)

    def _language(self, place: Place | None) -> str:
        here = self.chats_at(place) if place else ()
        return here[0].language if here else "en"

    # ── presses ──

    def press(self, pressed: Pressed, *, owner: bool) -> PressAnswer:
        """Carry out a press of somebody who may ask. Raises StoreError."""
        act, about = parse_press(pressed.press)
        if act == "edit":
            return self._decide(about, pressed, owner=owner)
        story = parse_story(about)
        match act:
            case "why" if story is not None:
                return PressAnswer(reply=self._answers.why(story))
            case "useful" | "noise" if story is not None:
                toast = self._answers.press(story, pressed.person, useful=act == "useful")
                return PressAnswer(toast=toast)
            case "mute" if story is not None:
                return self._press_mute(story, owner=owner)
            case _:
                return PressAnswer(toast="this button means nothing any more")

    def _press_mute(self, story: StoryId, *, owner: bool) -> PressAnswer:
        if not owner:
            return PressAnswer(toast=OWNERS_MAY)
        known = self._answers.mute(story, on=True)
        return PressAnswer(toast=known.message().plain)

    def _decide(self, about: str, pressed: Pressed, *, owner: bool) -> PressAnswer:
        if not owner:
            return PressAnswer(toast=OWNERS_MAY)
        decided = self._edits.decide(about, person=pressed.person)
        reply = decided.reply if decided.ended else None
        return PressAnswer(toast=decided.reply.message().plain, reply=reply, replaces=decided.ended)


def _is_at(chat: Chat, place: Place) -> bool:
    named = place.username and chat.id.lower() == f"@{place.username.lower()}"
    return bool(named) or chat.id == str(place.chat_id)

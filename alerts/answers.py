"""The bot's answers to those who may ask: status, sources, rules, why, latest, search."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Protocol

from alerts.commands import Reply, fitted, said
from alerts.harmless import anchor, escaped, line, safe_link
from alerts.labels import moment
from monitor.core.archive import Kept
from monitor.core.messages import DeliveryState
from monitor.core.model import Rule, StoryId, Topic
from monitor.core.polling import SourceState
from monitor.core.ports import Archive, Clock, Outbox, Store
from monitor.core.settings import Config
from monitor.queries import RulePresses, presses_by_rule, why_story

_FOUND = 10  # articles in an answer
_OPEN = (
    DeliveryState.QUEUED,
    DeliveryState.CLAIMED,
    DeliveryState.WAITING,
    DeliveryState.UNSURE,
    DeliveryState.GATHERED,
    DeliveryState.PARKED,
    DeliveryState.DEAD,
)


class Keeping(Store, Outbox, Archive, Protocol):
    """All that is kept, read and written through one object."""


class Answers:
    """Reads the store; called in threads. Every answer is Telegram HTML within its bounds."""

    def __init__(
        self,
        store: Keeping,
        clock: Clock,
        *,
        config: Callable[[], Config],
        problems: Callable[[], Sequence[str]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._config = config
        self._problems = problems

    def status(self) -> Reply:
        """How the service is doing."""
        return fitted(["<b>Status</b>"], list(self._status()))

    def _status(self) -> Iterator[str]:
        config, states = self._config(), self._store.source_states()
        problems = [line(problem, 300) for problem in self._problems() if problem]
        yield from (f"⚠ {escaped(problem)}" for problem in problems)
        if not problems:
            yield "all parts run"
        failing = [state for state in states if state.failures]
        yield f"{len(states)} sources, {len(failing)} failing · {len(config.rules.rules)} rules"
        yield f"{self._store.article_count():,} articles kept"
        counts = self._store.counts()
        owed = [f"{counts[state]} {state}" for state in _OPEN if counts.get(state)]
        yield "outbox: " + (", ".join(owed) or "nothing waits")
        for chat, why in self._store.parked_chats().items():
            reason = escaped(line(why, 200))
            yield f"chat {escaped(line(chat, 60))} is parked: {reason} (/start there resumes it)"
        for chat, until in self._store.held_chats(self._clock.now()).items():
            yield f"chat {escaped(line(chat, 60))} waits until {moment(until, config.alerts.timezone)}"

    def sources(self) -> Reply:
        """What is watched, failing ones first."""
        config = self._config()
        states = {state.source_id: state for state in self._store.source_states()}
        ranked = sorted(config.sources, key=lambda source: not _fails(states.get(source.id)))
        lines = [self._source(source.id, source.name, states.get(source.id)) for source in ranked]
        return fitted([f"<b>{len(ranked)} sources</b>"], lines)

    def _source(self, source_id: str, name: str, state: SourceState | None) -> str:
        zone = self._config().alerts.timezone
        last = moment(state.last_ok_at, zone) if state and state.last_ok_at else "never"
        shown = f"{escaped(line(name, 60))} (<code>{escaped(line(source_id, 60))}</code>)"
        if state is not None and _fails(state):
            return f"⚠ {shown}: {escaped(line(state.problem, 160))}; last well {last}"
        return f"{shown}: {last}"

    def rules(self, switched_off: Collection[str]) -> Reply:
        """Every rule with what the desk thought of its alerts, those it said most about first."""
        rules = {rule.id: rule for rule in self._config().rules.rules}
        pressed = sorted(presses_by_rule(self._store, rules), key=lambda one: -(one.useful + one.noise))
        off = [f"{_code(rule)} is off" for rule in switched_off]
        lines = [_rule(rules[presses.rule], presses) for presses in pressed]
        return fitted([f"<b>{len(rules)} rules</b> (useful / pressed)"], [*off, *lines])

    def why(self, story_id: StoryId) -> Reply:
        """Every step of a story's way."""
        steps = why_story(self._store, story_id, self._config().alerts.timezone)
        if not steps:
            return said(f"there is no story {story_id}")
        lines = []
        for step in steps:
            lines.append(f"<b>{escaped(step.name)}</b>")
            lines += [escaped(line(words, 400)) for words in step.lines]
        return fitted([], lines)

    def latest(self, topic: str) -> Reply:
        """The newest alerts, of one topic or all."""
        wanted = topic.strip().lstrip("#").lower()
        if wanted and wanted not in set(Topic):
            return said(f"no topic “{line(topic, 40)}”; one of {', '.join(Topic)}")
        found = self._store.latest(Topic(wanted) if wanted else None, _FOUND)
        return self._articles(found, "Latest alerts") if found else said("nothing was alerted yet")

    def search(self, words: str) -> Reply:
        """The newest articles with all these words."""
        if not words:
            return said("say what to look for: /search digital yuan")
        found = self._store.search(words, _FOUND)
        shown = line(words, 80)
        return self._articles(found, f"“{shown}”") if found else said(f"nothing found for “{shown}”")

    def _articles(self, found: Sequence[Kept], heading: str) -> Reply:
        return fitted([f"<b>{escaped(heading)}</b>"], [self._article(kept) for kept in found])

    def _article(self, kept: Kept) -> str:
        title = line(kept.article.title, 140) or "(untitled)"
        link = safe_link(kept.article.url)
        shown = anchor(title, link) if link and len(link) <= 400 else escaped(title)
        at = moment(kept.article.seen_at, self._config().alerts.timezone)
        told = "" if kept.verdict.relevant else f" · {kept.reason}"
        return f"• {shown}\n{escaped(line(kept.source_name, 60))} · {at} · story {kept.story_id}{told}"

    # ── what is done to a story or a chat ──

    def mute(self, story_id: StoryId, *, on: bool) -> Reply:
        """Mute a story, or let it speak again; saying it twice changes nothing."""
        with self._store.work() as work:
            known = work.mute_story(story_id, self._clock.now() if on else None)
        story = self._store.live_story(story_id) if known else None
        if story is None:
            return said(f"there is no story {story_id}")
        done = "is muted; /unmute undoes it:" if on else "speaks again:"
        return said(f"story {story.id} {done} {line(story.title, 200)}")

    def press(self, story_id: StoryId, person: int, *, useful: bool) -> str:
        """Remember what a person thinks of a story; returns what to show."""
        word = "useful" if useful else "noise"
        if self._store.press(story_id, person, useful, self._clock.now()):
            return f"noted: {word}"
        return f"noted already: {word}" if self._store.story(story_id) else "that story is gone"


def _code(rule: str) -> str:
    return f"<code>{escaped(line(rule, 60))}</code>"


def _fails(state: SourceState | None) -> bool:
    return state is not None and state.failures > 0


def _rule(rule: Rule, presses: RulePresses) -> str:
    return f"{_code(rule.id)} {rule.weight:+g}{_topic(rule.topic)}: {_precision(presses)}"


def _topic(topic: Topic | None) -> str:
    return f" #{topic}" if topic else ""


def _precision(presses: RulePresses) -> str:
    if presses.precision is None:
        return "no presses"
    return f"{presses.precision:.0%} ({presses.useful} / {presses.useful + presses.noise})"

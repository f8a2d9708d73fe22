"""The bot's answers to those who may ask: status, sources, rules, why, latest, search."""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from alerts.commands import Reply, fitted, said
from alerts.harmless import anchor, escaped, line, safe_link
from alerts.labels import labels
from alerts.phrases import Phrases, topic_named
from alerts.times import moment
from monitor.core.archive import Kept
from monitor.core.messages import DeliveryState
from monitor.core.model import Hit, Rule, RuleId, StoryId, Topic, Verdict
from monitor.core.polling import SourceState
from monitor.core.ports import Archive, Clock, Outbox, Store
from monitor.core.settings import Config
from monitor.queries import RulePresses, presses_by_rule, stands_for, why_story

_FOUND = 10  # articles in an answer
_PAGE = 30  # rules in an answer; so many of the longest ids fit
_TOAST = 200  # characters Telegram shows after a press
# What people type around words to look for.
_STOPS = str.maketrans(dict.fromkeys('，、；＋,;+"“”„「」『』', " "))
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

    def status(self, words: Phrases) -> Reply:
        """How the service is doing."""
        return fitted([_bold(words.status)], list(self._status(words)), words)

    def _status(self, words: Phrases) -> Iterator[str]:
        config, states, parked = self._config(), self._store.source_states(), self._store.parked_chats()
        problems = [line(problem, 500) for problem in self._problems() if problem]
        yield from (f"⚠ {escaped(problem)}" for problem in problems)
        for chat, why in parked.items():
            yield "⚠ " + escaped(words.parked.format(chat=line(chat, 60), why=line(why, 200)))
        if not problems and not parked:
            yield words.all_well
        failing = sum(state.failures > 0 for state in states)
        yield words.watched.format(sources=len(states), failing=failing, rules=len(config.rules.rules))
        yield words.articles.format(count=f"{self._store.article_count():,}")
        counts = self._store.counts()
        owed = [
            words.owed.format(count=counts[state], state=words.way.states[state])
            for state in _OPEN
            if counts.get(state)
        ]
        yield words.outbox.format(owed=words.comma.join(owed) or words.nothing_waits)
        for chat, until in self._store.held_chats(self._clock.now()).items():
            yield escaped(words.waits.format(chat=line(chat, 60), at=self._moment(until)))

    def _moment(self, at: datetime) -> str:
        return moment(at, self._config().alerts.timezone)

    def sources(self, words: Phrases) -> Reply:
        """What is watched, failing ones first."""
        config = self._config()
        states = {state.source_id: state for state in self._store.source_states()}
        ranked = sorted(config.sources, key=lambda source: not _fails(states.get(source.id)))
        lines = [self._source(source.id, source.name, states.get(source.id), words) for source in ranked]
        return fitted([_bold(words.sources.format(count=len(ranked)))], lines, words)

    def _source(self, source_id: str, name: str, state: SourceState | None, words: Phrases) -> str:
        last = self._moment(state.last_ok_at) if state and state.last_ok_at else words.never
        shown = f"{escaped(line(name, 60))} (<code>{escaped(line(source_id, 60))}</code>){words.colon}"
        if state is not None and _fails(state):
            return f"⚠ {shown}{escaped(words.last_well.format(problem=line(state.problem, 160), at=last))}"
        return f"{shown}{last}"

    # ── rules ──

    def rules(self, switched_off: Collection[str], words: Phrases) -> Reply:
        """The rules that the desk pressed for or switched off, and how to see the others."""
        off, pressed = self._ranked_rules(switched_off)
        told = [*(_off(rule, words) for rule in off)]
        told += [_rule(rule, one, words) for rule, one in pressed if one.precision is not None]
        head = _bold(words.rules.format(count=len(pressed)))
        return fitted([head, escaped(words.rules_told.format(count=len(told)))], told, words)

    def rules_with(
        self, word: str, page: int, switched_off: Collection[str], words: Phrases, *mends: str
    ) -> Reply:
        """The rules with a word in their id or as their topic, or all of them, page by page; if there are
        none, `mends` say what else may have been meant."""
        wanted, topic = unicodedata.normalize("NFKC", word).casefold(), topic_named(word)
        off, ranked = self._ranked_rules(switched_off)
        lines = [_off(rule, words) for rule in off if wanted in rule.casefold()]
        lines += [
            _rule(rule, presses, words)
            for rule, presses in ranked
            if wanted in rule.id.casefold() or (topic is not None and rule.topic is topic)
        ]
        if not lines:
            none = words.no_rule.format(word=line(word, 60))
            return fitted([], [escaped(told) for told in (none, *mends)], words)
        shown = words.rules_with.format(word=line(word, 60), count=len(lines))
        return _page(lines, page, word, shown if word else words.rules.format(count=len(lines)), words)

    def _ranked_rules(
        self, switched_off: Collection[str]
    ) -> tuple[Collection[str], list[tuple[Rule, RulePresses]]]:
        """The ids of those switched off; the others with their presses, those most pressed for first."""
        rules: dict[RuleId, Rule] = {rule.id: rule for rule in self._config().rules.rules}
        pressed = sorted(presses_by_rule(self._store, rules), key=lambda one: -(one.useful + one.noise))
        return switched_off, [(rules[presses.rule], presses) for presses in pressed]

    # ── stories and articles ──

    def why(self, story_id: StoryId, words: Phrases) -> Reply:
        """Every step of a story's way."""
        steps = why_story(self._store, story_id, self._config().alerts.timezone, words.way)
        if not steps:
            return said(words.no_story.format(story=story_id))
        lines = []
        for step in steps:
            lines.append(_bold(step.name))
            lines += [escaped(line(told, 400)) for told in step.lines]
        return fitted([], lines, words)

    def why_in_short(self, story_id: StoryId, words: Phrases) -> str:
        """The rules that fired, as many as fit into what is shown after a press, and the score."""
        kept = stands_for(self._store, story_id)
        return _in_short(kept.verdict, words) if kept else words.no_story.format(story=story_id)

    def latest(self, typed: str, words: Phrases) -> Reply:
        """The newest alerts, of some topics or all."""
        topics: list[Topic] = []
        for word in typed.translate(_STOPS).split():
            topic = topic_named(word)
            if topic is None:
                known = words.comma.join(_topic(each, words) for each in Topic)
                return said(words.no_topic.format(word=line(word, 40), topics=known))
            topics.append(topic)
        found = self._latest(topics)
        if found:
            return self._articles(found, words.latest, words)
        asked = " ".join(_topic(topic, words) for topic in dict.fromkeys(topics))
        return said(words.nothing_on.format(topics=asked) if asked else words.nothing_alerted)

    def _latest(self, topics: Sequence[Topic]) -> Sequence[Kept]:
        if not topics:
            return self._store.latest(None, _FOUND)
        found = {kept.article_id: kept for topic in topics for kept in self._store.latest(topic, _FOUND)}
        return sorted(found.values(), key=lambda kept: kept.article.seen_at, reverse=True)[:_FOUND]

    def search(self, typed: str, words: Phrases) -> Reply:
        """The newest articles with all these words."""
        looked_for = " ".join(typed.translate(_STOPS).split())
        if not looked_for:
            return said(words.say_what)
        found, shown = self._store.search(looked_for, _FOUND), line(looked_for, 80)
        if not found:
            return said(words.nothing_found.format(words=shown))
        return self._articles(found, words.quoted.format(words=shown), words)

    def _articles(self, found: Iterable[Kept], heading: str, words: Phrases) -> Reply:
        return fitted([_bold(heading)], [self._article(kept, words) for kept in found], words)

    def _article(self, kept: Kept, words: Phrases) -> str:
        title = line(kept.article.title, 140) or labels(words.language).untitled
        link = safe_link(kept.article.url)
        shown = anchor(title, link) if link and len(link) <= 400 else escaped(title)
        facts = [
            escaped(line(kept.source_name, 60)),
            self._moment(kept.article.seen_at),
            words.story.format(story=kept.story_id),
        ]
        if not kept.verdict.relevant:
            facts.append(words.way.reasons[kept.reason])
        return f"• {shown}\n{' · '.join(facts)}"

    # ── what is done to a story ──

    def mute(self, story_id: StoryId, words: Phrases, *, on: bool) -> Reply:
        """Mute a story, or let it speak again; saying it twice changes nothing."""
        with self._store.work() as work:
            known = work.mute_story(story_id, self._clock.now() if on else None)
        story = self._store.live_story(story_id) if known else None
        if story is None:
            return said(words.no_story.format(story=story_id))
        done = words.muted if on else words.unmuted
        return said(done.format(story=story.id, title=line(story.title, 200)))

    def press(self, story_id: StoryId, person: int, words: Phrases, *, useful: bool) -> str:
        """Remember what a person thinks of a story; returns what to show."""
        word = labels(words.language).buttons["useful" if useful else "noise"].lower()
        if self._store.press(story_id, person, useful, self._clock.now()):
            return words.noted.format(word=word)
        return words.noted_already.format(word=word) if self._store.story(story_id) else words.story_gone


def _bold(heading: str) -> str:
    return f"<b>{escaped(heading)}</b>"


def _code(rule: str) -> str:
    return f"<code>{escaped(line(rule, 60))}</code>"


def _fails(state: SourceState | None) -> bool:
    return state is not None and state.failures > 0


def _topic(topic: Topic, words: Phrases) -> str:
    return labels(words.language).topics[topic]


def _off(rule: str, words: Phrases) -> str:
    return words.rule_off.format(rule=_code(rule))


def _rule(rule: Rule, presses: RulePresses, words: Phrases) -> str:
    topic = f" {_topic(rule.topic, words)}" if rule.topic else ""
    return f"{_code(rule.id)} {rule.weight:+g}{topic}{words.colon}{_precision(presses, words)}"


def _precision(presses: RulePresses, words: Phrases) -> str:
    if presses.precision is None:
        return words.no_presses
    return f"{presses.precision:.0%} ({presses.useful} / {presses.useful + presses.noise})"


def _page(lines: Sequence[str], page: int, word: str, heading: str, words: Phrases) -> Reply:
    pages = -(-len(lines) // _PAGE)
    if not 1 <= page <= pages:
        return said(words.no_page.format(pages=pages))
    head = [_bold(heading)] + ([escaped(words.page.format(page=page, pages=pages))] if pages > 1 else [])
    shown = list(lines[(page - 1) * _PAGE : page * _PAGE])
    if page < pages:
        ask = " ".join(filter(None, ["/rules", line(word, 60), str(page + 1)]))
        shown.append(escaped(words.next_page.format(ask=ask)))
    return fitted(head, shown, words)


def _in_short(verdict: Verdict, words: Phrases) -> str:
    score = words.score.format(score=f"{verdict.score:.3g}", threshold=f"{verdict.threshold:.3g}")
    told = ""
    for hit in sorted(verdict.hits, key=lambda hit: -abs(hit.points)):
        longer = f"{told}{words.semicolon if told else ''}{_evidence(hit, words)}"
        if len(f"{longer} · {score}") > _TOAST:
            break
        told = longer
    return " · ".join(filter(None, [told, score]))


def _evidence(hit: Hit, words: Phrases) -> str:
    found = dict.fromkeys(line(match.text, 30) for match in hit.matches)
    return " ".join([line(hit.rule, 40), *(words.quoted.format(words=word) for word in list(found)[:2])])

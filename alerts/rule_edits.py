"""Changes of rules from chat: proposed, checked, shown, and saved when their owner confirms them."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alerts.beside import OneByOne
from alerts.commands import Reply, joins_in_lower_case, parse_rule, parse_switch, said
from alerts.harmless import escaped, line, paragraphs
from alerts.labels import labels
from alerts.phrases import Phrases
from monitor.config.document import parse_document, read_text
from monitor.config.edit import checked, save, with_rule, with_rule_switched
from monitor.core.errors import UserError
from monitor.core.messages import Button
from monitor.core.ports import Archive
from monitor.core.rules.advice import advise
from monitor.core.settings import Config

VERBS = frozenset({"add", "on", "off"})
_MOST_PREVIEW = 2_400  # UTF-16 units
_MOST_ADVICE = 4  # lines, of as many units as below
_ADVICE = 200


def no_preview(_config: Config, words: Phrases) -> str:
    """What is said while nothing can look back."""
    return words.no_preview


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of the rules, as it is kept until it is confirmed."""

    rule: Mapping[str, Any] | None = None  # to add
    switch: str = ""  # the id of the rule to switch
    on: bool = False

    def applied(self, text: str) -> str:
        """The file's text with the change. Raises UserError."""
        if self.rule is not None:
            return with_rule(text, self.rule)
        return with_rule_switched(text, self.switch, on=self.on)

    @property
    def rule_id(self) -> str:
        """The rule it is about."""
        return self.switch if self.rule is None else str(self.rule["id"])

    def told(self, words: Phrases) -> str:
        """The change in Telegram HTML."""
        rule_id = _code(self.rule_id, 80)
        if self.rule is None:
            return (words.switch_on if self.on else words.switch_off).format(rule=rule_id)
        shown = [f"{name}={value}" for name, value in self.rule.items() if name not in ("id", "query")]
        head = words.add.format(rule=rule_id, query=_code(str(self.rule["query"]), 600))
        return " ".join([head, escaped(line(" ".join(shown), 120))]).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a press on a proposal led to."""

    reply: Reply
    ended: bool = False  # the proposal is done with: this takes its place


def parse_change(typed: str, words: Phrases) -> Change:
    """The change in `add ID: QUERY …`, `off ID` or `on ID`. Raises UserError."""
    verb, rest = [*typed.split(maxsplit=1), "", ""][:2]
    match verb.lower():
        case "add":
            return Change(rule=parse_rule(rest, words))
        case "on" | "off" if rule_id := parse_switch(rest):
            return Change(switch=rule_id, on=verb.lower() == "on")
        case _:
            raise UserError(words.how)


class RuleEdits:
    """One waiting change per owner, kept in the database; the file changes only when it is confirmed.

    `preview` tells in words what a configuration would have alerted. It takes seconds, so one runs at a time,
    in a thread of its own: it holds up nothing, and a stop of the service does not wait for it. `env` gives
    the values of $NAMEs in the file.
    """

    def __init__(
        self,
        path: Path,
        env: Mapping[str, str],
        archive: Archive,
        *,
        preview: Callable[[Config, Phrases], str] = no_preview,
    ) -> None:
        self._path = path
        self._env = env
        self._archive = archive
        self._preview = preview
        self._beside = OneByOne("rule preview")

    def switched_off(self) -> tuple[str, ...]:
        """The ids of the rules that the file keeps switched off. Raises UserError."""
        values = parse_document(read_text(self._path), self._path.name).values
        rules = values.get("rules") if isinstance(values, dict) else None
        listed = rules.get("list") if isinstance(rules, dict) else None
        found = listed if isinstance(listed, list) else []
        return tuple(str(rule.get("id")) for rule in found if isinstance(rule, dict) and _is_off(rule))

    def propose(self, typed: str, *, person: int, number: int, words: Phrases) -> Reply:
        """Check a change and keep it waiting under the number of its message; the answer asks for consent."""
        try:
            change = parse_change(typed, words)
        except UserError as mistake:
            return said(str(mistake))
        return Reply(
            html=escaped(words.checking),
            later=lambda: self._beside(lambda: self._checked(change, person, number, words)),
            failed=words.failed,
        )

    def _checked(self, change: Change, person: int, number: int, words: Phrases) -> Reply:
        try:
            before = self._read()
            after = change.applied(before)
            if after == before:
                return said(words.nothing_changes)
            config = checked(after, self._path.name, self._env)
        except UserError as mistake:
            return said(str(mistake))
        self._keep(person, number, change, before=before, after=after)
        return self._proposal(change, config, number, words)

    def _proposal(self, change: Change, config: Config, number: int, words: Phrases) -> Reply:
        told = escaped(paragraphs(self._preview(config, words), _MOST_PREVIEW))
        shown = labels(words.language)
        buttons = (
            Button(label=shown.confirm, press=f"edit:{number}:yes"),
            Button(label=shown.cancel, press=f"edit:{number}:no"),
        )
        mind = [escaped(line(one, _ADVICE)) for one in _advice(change, config, words)]
        advice = ["", escaped(words.mind), *(f"• {one}" for one in mind[:_MOST_ADVICE])] if mind else []
        lines = [change.told(words), *advice, "", told, "", escaped(words.unconfirmed)]
        return Reply(html="\n".join(lines), buttons=(buttons,))

    def decide(self, about: str, *, person: int, others: Iterable[int], words: Phrases) -> Decided:
        """Carry out or drop what waits, as the press `NUMBER:yes` or `NUMBER:no` says; twice is once.

        `others` are the other owners: a change of theirs goes on waiting.
        """
        number, _, answer = about.partition(":")
        waiting = self._waiting(person)
        if waiting.get("number") != number or answer not in ("yes", "no"):
            return self._not_theirs(number, others, words)
        if waiting["state"] != "open":
            return Decided(reply=said(words.already.format(state=words.ended[waiting["state"]])))
        if answer == "no":
            return self._end(person, waiting, "cancelled", words)
        try:
            return self._confirm(person, waiting, words)
        except UserError as mistake:
            return Decided(reply=said(str(mistake)))

    def _not_theirs(self, number: str, others: Iterable[int], words: Phrases) -> Decided:
        if any(self._waiting(other).get("number") == number for other in others):
            return Decided(reply=said(words.not_asker))
        return Decided(reply=said(words.gone), ended=True)  # its buttons go, too

    def _confirm(self, person: int, waiting: dict[str, Any], words: Phrases) -> Decided:
        text = self._read()
        if _digest(text) == waiting["after"]:  # a crash came between saving and noting it
            return self._end(person, waiting, "saved", words)
        if _digest(text) != waiting["before"]:
            raise UserError(words.changed_meanwhile.format(file=self._path.name))
        after = Change(**waiting["change"]).applied(text)
        checked(after, self._path.name, self._env)
        save(self._path, text, after)
        return self._end(person, waiting, "saved", words)

    def _end(self, person: int, waiting: dict[str, Any], state: str, words: Phrases) -> Decided:
        self._archive.set_bot_value(_key(person), json.dumps(waiting | {"state": state}))
        change = Change(**waiting["change"]).told(words)
        return Decided(
            reply=Reply(html=words.outcome.format(change=change, state=words.ended[state])), ended=True
        )

    def _read(self) -> str:
        return read_text(self._path)  # its line ends as they are: `save` compares them

    def _keep(self, person: int, number: int, change: Change, *, before: str, after: str) -> None:
        written = {"rule": change.rule, "switch": change.switch, "on": change.on}
        waiting = {"number": str(number), "state": "open", "change": written}
        digests = {"before": _digest(before), "after": _digest(after)}
        self._archive.set_bot_value(_key(person), json.dumps(waiting | digests))

    def _waiting(self, person: int) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(self._archive.bot_value(_key(person)) or "{}")
        return kept


def _advice(change: Change, config: Config, words: Phrases) -> list[str]:
    """What is odd about the rule, though it compiles: as `policywire check` says it, and more."""
    joins = joins_in_lower_case(str(change.rule["query"])) if change.rule is not None else ()
    mind = [words.lower_case.format(word=join, operator=join.upper()) for join in joins]
    found = advise(config.rules, [source.id for source in config.sources])
    of_rule = (one for one in found if one.rule == change.rule_id)
    return mind + [f"{one.key}: {one.problem} ({one.mend})" for one in of_rule]


def _code(text: str, most: int) -> str:
    return f"<code>{escaped(line(text, most))}</code>"


def _is_off(rule: Mapping[str, Any]) -> bool:
    return rule.get("enabled") is False


def _key(person: int) -> str:
    return f"rule_edit:{person}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

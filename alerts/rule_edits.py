"""Changes of rules from chat: proposed, checked, shown, and saved when their owner confirms them."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alerts.beside import OneByOne
from alerts.commands import Reply, parse_rule, said
from alerts.harmless import escaped, line, paragraphs
from alerts.labels import labels
from monitor.config.document import parse_document, read_text
from monitor.config.edit import checked, save, with_rule, with_rule_switched
from monitor.core.errors import UserError
from monitor.core.messages import Button
from monitor.core.ports import Archive
from monitor.core.settings import Config

HOW = "write /rules add ID: QUERY topic=… weight=… · /rules off ID · /rules on ID"
GONE = "that change is no longer waiting: ask for it again"
_MOST_PREVIEW = 2_500  # UTF-16 units


def no_preview(_config: Config) -> str:
    """What is said while nothing can look back."""
    return "What it would have alerted is not known: there is no look back here."


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

    def words(self) -> str:
        """The change in Telegram HTML."""
        if self.rule is None:
            return f"Switch rule <code>{escaped(line(self.switch, 80))}</code> {'on' if self.on else 'off'}"
        shown = [f"{name}={value}" for name, value in self.rule.items() if name not in ("id", "query")]
        rule_id, query = line(str(self.rule["id"]), 80), line(str(self.rule["query"]), 600)
        head = f"Add rule <code>{escaped(rule_id)}</code>: <code>{escaped(query)}</code>"
        return " ".join([head, escaped(line(" ".join(shown), 120))]).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a press on a proposal led to."""

    reply: Reply
    ended: bool = False  # the proposal is done with: this takes its place


def parse_change(words: str) -> Change:
    """The change in `add ID: QUERY …`, `off ID` or `on ID`. Raises UserError."""
    verb, _, rest = words.partition(" ")
    match verb.lower():
        case "add":
            return Change(rule=parse_rule(rest))
        case "on" | "off" if rest.strip():
            return Change(switch=rest.strip(), on=verb.lower() == "on")
        case _:
            raise UserError(HOW)


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
        preview: Callable[[Config], str] = no_preview,
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

    def propose(self, words: str, *, person: int, number: int, language: str) -> Reply:
        """Check a change and keep it waiting under the number of its message; the answer asks for consent."""
        try:
            change = parse_change(words)
        except UserError as mistake:
            return said(str(mistake))
        return Reply(
            html="Checking the change and looking back with it …",
            later=lambda: self._beside(lambda: self._checked(change, person, number, language)),
        )

    def _checked(self, change: Change, person: int, number: int, language: str) -> Reply:
        try:
            before = self._read()
            after = change.applied(before)
            if after == before:
                return said("nothing would change")
            config = checked(after, self._path.name, self._env)
        except UserError as mistake:
            return said(str(mistake))
        self._keep(person, number, change, before=before, after=after)
        return self._proposal(change, config, number, language)

    def _proposal(self, change: Change, config: Config, number: int, language: str) -> Reply:
        words = labels(language)
        told = escaped(paragraphs(self._preview(config), _MOST_PREVIEW))
        buttons = (
            Button(label=words.confirm, press=f"edit:{number}:yes"),
            Button(label=words.cancel, press=f"edit:{number}:no"),
        )
        asked = "Nothing is changed until you confirm."
        return Reply(html="\n".join([change.words(), "", told, "", asked]), buttons=(buttons,))

    def decide(self, about: str, *, person: int) -> Decided:
        """Carry out or drop what waits, as the press `NUMBER:yes` or `NUMBER:no` says; twice is once."""
        number, _, answer = about.partition(":")
        waiting = self._waiting(person)
        if waiting.get("number") != number or answer not in ("yes", "no"):
            return Decided(reply=said(GONE))
        if waiting["state"] != "open":
            return Decided(reply=said(f"{waiting['state']} already"))
        if answer == "no":
            return self._end(person, waiting, "cancelled")
        try:
            return self._confirm(person, waiting)
        except UserError as mistake:
            return Decided(reply=said(str(mistake)))

    def _confirm(self, person: int, waiting: dict[str, Any]) -> Decided:
        text = self._read()
        if _digest(text) == waiting["after"]:  # a crash came between saving and noting it
            return self._end(person, waiting, "saved")
        if _digest(text) != waiting["before"]:
            raise UserError(f"{self._path.name} was changed meanwhile: look at it and ask again")
        after = Change(**waiting["change"]).applied(text)
        checked(after, self._path.name, self._env)
        save(self._path, text, after)
        return self._end(person, waiting, "saved")

    def _end(self, person: int, waiting: dict[str, Any], state: str) -> Decided:
        self._archive.set_bot_value(_key(person), json.dumps(waiting | {"state": state}))
        return Decided(reply=Reply(html=f"{Change(**waiting['change']).words()}: {state}"), ended=True)

    def _read(self) -> str:
        # As `save` reads it, which compares the two.
        return read_text(self._path).replace("\r\n", "\n")

    def _keep(self, person: int, number: int, change: Change, *, before: str, after: str) -> None:
        written = {"rule": change.rule, "switch": change.switch, "on": change.on}
        waiting = {"number": str(number), "state": "open", "change": written}
        digests = {"before": _digest(before), "after": _digest(after)}
        self._archive.set_bot_value(_key(person), json.dumps(waiting | digests))

    def _waiting(self, person: int) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(self._archive.bot_value(_key(person)) or "{}")
        return kept


def _is_off(rule: Mapping[str, Any]) -> bool:
    return rule.get("enabled") is False


def _key(person: int) -> str:
    return f"rule_edit:{person}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

"""How alerts reach people: what a chat may say, and the line that answers what it may not."""

from datetime import time
from typing import Any

import pytest

from monitor.config.environment import Environment
from monitor.config.load import parse
from monitor.config.secrets import secrets_of
from monitor.core.errors import ConfigError
from monitor.core.model import ChatName, Priority, RuleId, Topic
from monitor.core.settings import (
    Addition,
    BotRights,
    Channel,
    Chat,
    Config,
    DigestPlan,
    Every,
    LanguageModel,
    Template,
)

REST = "sources: {use: [first-set]}\nrules:\n  list:\n    - {id: ecny, terms: [数字人民币]%s}\n"


def config(chats: str, *, rule: str = "", more: str = "", **env: str) -> Config:
    return parse(f"chats:\n{chats}{more}{REST % rule}", "config.yaml", env)


def only(chat: str, **env: str) -> Chat:
    (read,) = config(f"  - {{name: desk, {chat}}}\n", **env).chats
    return read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("id: 5", {}),
        ("id: -1001, thread: 17", {"id": "-1001", "thread": 17}),
        ("id: 5, topics: [ecny]", {"topics": (Topic.ECNY,)}),
        ("id: 5, topics: []", {"topics": ()}),
        (
            "id: 5, instant: breaking, digest: '08:30'",
            {"instant": Priority.BREAKING, "digest": DigestPlan(every=Every.DAILY, at=time(8, 30))},
        ),
        (
            "id: 5, daily_cap: 20, digest: hourly",
            {"daily_cap": 20, "digest": DigestPlan(every=Every.HOURLY)},
        ),
        ("id: 5, daily_cap: 20", {"daily_cap": 20}),
        ("id: 5, loud: normal", {"loud": Priority.NORMAL}),
        ("id: 5, template: brief, language: zh", {"template": Template.BRIEF, "language": "zh"}),
        ("id: 'https://e.org/h', channel: webhook", {"id": "https://e.org/h", "channel": Channel.WEBHOOK}),
        (
            "id: $HOOK, channel: webhook, secret: $KEY",
            {"id": "https://e.org/h", "channel": Channel.WEBHOOK, "secret": "s3cret"},
        ),
        (
            "id: 'mailto://u:p@e.org', channel: apprise",
            {"id": "mailto://u:p@e.org", "channel": Channel.APPRISE},
        ),
    ],
    ids=[
        "everything, at once, with sound",
        "topic of a forum",
        "some topics",
        "only what rules send here",
        "daily digest",
        "hourly digest above a cap",
        "a cap alone",
        "sound",
        "wording",
        "webhook",
        "signed webhook of the environment",
        "apprise",
    ],
)
def test_a_chat(written: str, read: dict[str, Any]) -> None:
    chat = only(written, HOOK="https://e.org/h", KEY="s3cret")
    assert chat == Chat(**{"name": ChatName("desk"), "id": "5"} | read)


def test_a_rule_sends_to_the_chats_it_names() -> None:
    loaded = config("  - {name: a, id: 1}\n  - {name: b, id: 2, topics: []}\n", rule=", chats: [b]")
    assert [chat.rules for chat in loaded.chats] == [(), (RuleId("ecny"),)]


def test_the_people_who_may_speak_with_the_bot() -> None:
    loaded = config("  - {name: a, id: 1}\n", more="bot: {owners: [11], readers: [12, 13]}\n")
    assert loaded.bot == BotRights(owners=(11,), readers=(12, 13))


LLM = "llm: {api_url: 'http://127.0.0.1:11434/v1/', model: qwen3%s}\n"


def test_a_language_model() -> None:
    chat = "  - {name: a, id: 1, language: zh, machine: translation}\n"
    loaded = config(chat, more=LLM % "")
    assert loaded.llm == LanguageModel(api_url="http://127.0.0.1:11434/v1", model="qwen3")
    assert loaded.chats[0].machine is Addition.TRANSLATION


def test_its_key_comes_from_the_environment() -> None:
    loaded = config("  - {name: a, id: 1}\n", more=LLM % ", key: $LLM_API_KEY, daily_cap: 9", LLM_API_KEY="k")
    assert loaded.llm is not None
    assert (loaded.llm.key, loaded.llm.daily_cap) == ("k", 9)
    assert "k" in secrets_of(Environment(), loaded)


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("llm: {model: qwen3}\n", "llm.api_url"),
        (LLM % ", key: sk-123", "llm.key: a secret does not belong into this file"),
        (LLM % ", key: $NOT_SET", "llm.key: NOT_SET is not set"),
        (LLM % ", daily_cap: 0", "llm.daily_cap"),
        ("llm: {api_url: 'ftp://e.org', model: qwen3}\n", "llm.api_url: this is not a web address"),
        ("llm: {api_url: 'http://e.org', model: ''}\n", "llm.model"),
    ],
    ids=["no address", "the key itself", "no key", "no request at all", "another protocol", "no model"],
)
def test_a_mistaken_language_model(more: str, line: str) -> None:
    with pytest.raises(ConfigError) as refused:
        config("  - {name: a, id: 1}\n", more=more)
    assert line in str(refused.value)
    assert refused.value.mend


@pytest.mark.parametrize(
    ("chats", "rest", "line"),
    [
        ("id: 5, instant: breaking", {}, "config.yaml:2:25: chats.0.instant: what is less urgent"),
        ("id: 5, digest: hourly", {}, "config.yaml:2:25: chats.0.digest: nothing waits for this digest"),
        ("id: 5, digest: weekly", {}, "chats.0.digest: “weekly” is not a time for a digest"),
        ("id: 5, secret: abc", {}, "chats.0.secret: a secret does not belong into this file"),
        ("id: 5, secret: $KEY", {}, "chats.0.secret: only a webhook is signed"),
        ("id: 'https://e.org', channel: webhook, secret: $KEY", {}, "chats.0.secret: KEY is not set"),
        ("id: 'https://e.org', channel: webhook, thread: 5", {}, "chats.0.thread: only Telegram has topics"),
        ("id: 5, channel: webhook", {}, "chats.0.id: this is not a web address"),
        ("id: 5, channel: apprise", {}, "chats.0.id: this is not an address of apprise"),
        ("id: 'https://e.org'", {}, "chats.0.id: this is not a chat id"),
        ("id: $HOOK, channel: webhook", {}, "chats.0.id: HOOK is not set"),
        ("id: 5, language: de", {}, "chats.0.language: there are no labels in the text “de”"),
        ("id: 5, machine: poem", {}, "chats.0.machine: there is no addition “poem”"),
        ("id: 5, machine: abstract", {}, "chats.0.machine: no language model is named"),
        ("id: 'https://e.org', channel: webhook, machine: abstract", {}, "chats.0.machine: what was sent by"),
        ("id: 5, daily_cap: 0", {}, "chats.0.daily_cap"),
        ("id: 5, template: short", {}, "chats.0.template: there is no template “short”"),
        ("id: 5", {"rule": ", chats: [dask]"}, "rules.list.0.chats.0: there is no chat “dask”"),
        ("id: 5", {"more": "bot: {owners: ['@me']}\n"}, "bot.owners.0: must be a user's number"),
    ],
    ids=[
        "no digest for the less urgent",
        "a digest nothing waits for",
        "no such digest",
        "a secret in the file",
        "a secret for Telegram",
        "a secret that is not set",
        "a forum topic of a webhook",
        "no address of a webhook",
        "no address of apprise",
        "an address for Telegram",
        "an address that is not set",
        "no such language",
        "no such text of a machine",
        "no machine that could write",
        "a text for what cannot be changed",
        "no alerts at all",
        "no such template",
        "a rule's chat that is none",
        "a user's name",
    ],
)
def test_a_mistake(chats: str, rest: dict[str, str], line: str) -> None:
    with pytest.raises(ConfigError) as refused:
        config(f"  - {{name: desk, {chats}}}\n", **rest)
    assert line in str(refused.value)
    assert refused.value.mend


@pytest.mark.parametrize(
    "written",
    ["http://[x", "http://e.org:port/", "http://e.org:0/", "https:///hook", "http://a b/", "ftp://e.org"],
)
def test_what_is_no_web_address(written: str) -> None:
    with pytest.raises(ConfigError) as refused:
        only(f"id: '{written}', channel: webhook")
    assert "config.yaml:2:18: chats.0.id: this is not a web address" in str(refused.value)


@pytest.mark.parametrize(
    "written",
    [
        "id: 'ftp://u:s3cret@e.org', channel: webhook",
        "id: 'https://e.org/?key=s3cret'",
        "id: 'mailto:u:s3cret@e.org', channel: apprise",
        "id: 's3cret token'",
        "id: 5}\ntelegram: {api_url: 'htp://u:s3cret@e.org'",
        "id: 5}\ntelegram: {api_url: 'http://u:s3cret@e.org:port'",
    ],
)
def test_no_mistake_quotes_what_may_hold_a_password(written: str) -> None:
    with pytest.raises(ConfigError) as refused:
        only(written)
    assert "s3cret" not in str(refused.value)


def test_what_the_environment_holds_is_not_shown() -> None:
    with pytest.raises(ConfigError) as refused:
        only("id: $HOOK, channel: webhook", HOOK="s3cret")
    assert "s3cret" not in str(refused.value)
    assert "HOOK does not hold a web address" in str(refused.value)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("id: -1001", "id: -1001"),
        ("id: '@Desk_news'", "id: '@desk_news'"),
        ("id: -1001, thread: 5", "id: -1001, thread: 5"),
        ("id: $HOOK, channel: webhook", "id: 'https://e.org/s3cret', channel: webhook"),
    ],
    ids=["a number", "a name in other letters", "a topic", "from the environment"],
)
def test_two_names_for_one_place_are_refused(one: str, two: str) -> None:
    chats = f"  - {{name: desk, {one}}}\n  - {{name: fund, {two}}}\n"
    with pytest.raises(ConfigError) as refused:
        config(chats, HOOK="https://e.org/s3cret")
    assert "config.yaml:3:18: chats.1.id: “fund” is the same place as “desk”" in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("id: -1001, thread: 5", "id: -1001, thread: 6"),
        ("id: -1001", "id: -1001, thread: 6"),
        ("id: $NOBODY", "id: $NOBODY"),  # without a token everything is shown on the screen
        ("id: 'https://e.org/A', channel: webhook", "id: 'https://e.org/a', channel: webhook"),
    ],
    ids=["two topics", "a topic and the chat itself", "not set", "two paths"],
)
def test_what_only_looks_like_one_place(one: str, two: str) -> None:
    assert len(config(f"  - {{name: desk, {one}}}\n  - {{name: fund, {two}}}\n").chats) == 2

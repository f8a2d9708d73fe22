"""A good config.yaml becomes the Config it describes."""

import json
import re
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.config.load import load, load_rules, parse
from monitor.config.schema import json_schema
from monitor.core.model import ChatName, Feed, Kind, Priority, RuleId, Source, Tier, Topic
from monitor.core.settings import Chat, Config, Network, QuietHours, Telegram

ROOT = Path(__file__).parents[2]

SMALLEST = """\
chats: [{name: desk, id: $TELEGRAM_CHAT_ID}]
sources:
  add:
    - id: my-feed
      url: https://example.org/feed.xml
rules:
  list:
    - {id: ecny, terms: [数字人民币]}
"""


def config(text: str = SMALLEST, **env: str) -> Config:
    return parse(text, "config.yaml", env)


def with_sources(lines: str) -> Config:
    return config(re.sub(r"sources:\n(  .*\n)+", f"sources:\n{lines}", SMALLEST))


def by_id(config: Config) -> dict[str, Source]:
    return {str(source.id): source for source in config.sources}


# ── the shipped file ──


def test_the_shipped_file_loads_without_any_environment() -> None:
    shipped = load(ROOT / "config.yaml", {})
    assert [chat.id for chat in shipped.chats] == [""]
    assert len(shipped.sources) > 20
    assert shipped.rules.rules
    assert shipped.alerts.timezone == ZoneInfo("Asia/Shanghai")


def test_the_shipped_file_is_one_screen_before_the_rules() -> None:
    lines = (ROOT / "config.yaml").read_text("utf-8").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=docs/config.schema.json"
    assert lines.index("rules:") <= 45


def test_its_rules_alone_are_the_same_rules() -> None:
    assert load_rules(ROOT / "config.yaml") == load(ROOT / "config.yaml", {}).rules


# ── sources ──


def test_an_ordinary_feed_is_two_lines() -> None:
    assert config().sources == (
        Source(
            id=config().sources[0].id,
            name="my-feed",
            homepage="https://example.org/",
            kind=Kind.INTERNATIONAL,
            tier=Tier.REPORTING,
            feeds=(Feed(name="feed", url="https://example.org/feed.xml"),),
        ),
    )


def test_everything_of_an_own_source_can_be_said() -> None:
    source = with_sources(
        """\
  every: 20m
  add:
    - id: my-list
      name: My list
      homepage: https://example.org/news
      kind: official-local
      tier: 1
      language: zh
      timezone: Asia/Shanghai
      region: CN
      tags: [mine]
      every: 5m
      delay: 3s
      fetch_pages: false
      verify_tls: false
      selectors: {body: "#zoom", remove: [.ad]}
      feeds:
        - name: main
          url: https://example.org/a.json
          method: json
          fields: {items: "$[*]", title: t, link: u}
        - {name: old, url: "https://example.org/b.xml", use: fallback}
"""
    ).sources[0]
    assert (source.name, source.kind, source.tier) == ("My list", Kind.OFFICIAL_LOCAL, Tier.AUTHORITY)
    assert (source.languages, source.timezone) == (("zh",), ZoneInfo("Asia/Shanghai"))
    assert (source.every, source.delay) == (timedelta(minutes=5), timedelta(seconds=3))
    assert (source.fetch_pages, source.verify_tls) == (False, False)
    assert (source.selectors.body, source.selectors.remove) == ("#zoom", (".ad",))
    assert [feed.use for feed in source.feeds] == ["primary", "fallback"]
    assert source.feeds[0].fields is not None
    assert source.feeds[0].fields.link == "u"


@pytest.mark.parametrize(
    ("lines", "there", "not_there"),
    [
        ("  use: [coindesk, hkma]\n", {"coindesk", "hkma"}, {"gov-cn"}),
        ("  use: [first-set]\n", {"gov-cn", "coindesk"}, {"tmtpost"}),
        ("  use: [first-set]\n  skip: [coindesk]\n", {"gov-cn"}, {"coindesk"}),
        ("  use: ['kind:official-central']\n", {"gov-cn", "hkma"}, {"coindesk"}),
        ("  use: ['tier:1']\n", {"gov-cn", "nfra"}, {"coindesk"}),
        ("  use: [zh]\n  skip: ['kind:crypto-media']\n", {"gov-cn", "tmtpost"}, {"odaily", "coindesk"}),
    ],
    ids=["ids", "a tag", "without one", "a kind", "a tier", "a language without a kind"],
)
def test_sources_are_chosen_from_the_catalogue(lines: str, there: set[str], not_there: set[str]) -> None:
    ids = set(by_id(with_sources(lines)))
    assert there <= ids
    assert not (not_there & ids)


def test_an_override_changes_what_it_names_and_nothing_else() -> None:
    shipped = by_id(with_sources("  use: [coindesk]\n"))["coindesk"]
    changed = by_id(with_sources("  use: [coindesk]\n  override: {coindesk: {every: 5m, tier: 4}}\n"))[
        "coindesk"
    ]
    assert (changed.every, changed.tier) == (timedelta(minutes=5), Tier.COMMERCIAL)
    assert (changed.feeds, changed.selectors, changed.tags) == (
        shipped.feeds,
        shipped.selectors,
        shipped.tags,
    )


def test_one_interval_for_all_yields_to_an_override() -> None:
    sources = by_id(
        with_sources("  use: [coindesk, hkma]\n  every: 1h\n  override: {coindesk: {every: 5m}}\n")
    )
    assert sources["hkma"].every == timedelta(hours=1)
    assert sources["coindesk"].every == timedelta(minutes=5)


# ── chats and policy ──


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("-1001234567890", "-1001234567890"),
        ('"-1001"', "-1001"),
        ('"@desk_alerts"', "@desk_alerts"),
        ("$DESK", "-7"),
    ],
    ids=["number", "number in quotes", "channel", "variable"],
)
def test_a_chat_id_is_a_number_a_channel_or_a_variable(written: str, read: str) -> None:
    assert config(SMALLEST.replace("$TELEGRAM_CHAT_ID", written), DESK="-7").chats[0].id == read


def test_a_chat_takes_topics_and_a_least_priority() -> None:
    text = SMALLEST.replace("$TELEGRAM_CHAT_ID", "5, topics: [ecny, crypto], at_least: breaking")
    assert config(text).chats == (
        Chat(name=ChatName("desk"), id="5", topics=(Topic.ECNY, Topic.CRYPTO), at_least=Priority.BREAKING),
    )


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("24 hours", 24),
        ("24h", 24),
        ("90m", 1.5),
        ("1d", 24),
        ("1 week", 168),
        ("1.5h", 1.5),
        ("'3600 s'", 1),
    ],
)
def test_spans_are_written_as_people_do(written: str, hours: float) -> None:
    text = SMALLEST + f"alerts: {{first_sight_max_age: {written}}}\n"
    assert config(text).alerts.first_sight_max_age == timedelta(hours=hours)


def test_the_policy_has_quiet_hours_in_the_desks_zone() -> None:
    text = (
        SMALLEST
        + 'timezone: Asia/Shanghai\nalerts: {max_age: 3d, quiet_hours: {from: "23:00", to: "07:30"}}\n'
    )
    policy = config(text).alerts
    assert policy.quiet == QuietHours(start=time(23), end=time(7, 30))
    assert (policy.max_age, policy.timezone) == (timedelta(days=3), ZoneInfo("Asia/Shanghai"))


def test_times_of_day_need_no_quotes_in_yaml_1_2() -> None:
    text = SMALLEST + "alerts: {quiet_hours: {from: 22:30, to: 6:05}}\n"
    assert config(text).alerts.quiet == QuietHours(start=time(22, 30), end=time(6, 5))


def test_network_telegram_and_operator() -> None:
    text = SMALLEST + (
        "operator: desk\n"
        "network: {contact: desk@example.org, trusted: ['127.0.0.1:8081', '[::1]:80']}\n"
        "telegram: {api_url: 'http://127.0.0.1:8081/'}\n"
    )
    read = config(text)
    assert read.operator == "desk"
    assert read.network == Network(contact="desk@example.org", trusted=("127.0.0.1:8081", "[::1]:80"))
    assert read.telegram == Telegram(api_url="http://127.0.0.1:8081")


# ── rules ──


def test_a_rule_reads_as_written() -> None:
    text = SMALLEST.replace(
        "terms: [数字人民币]}",
        "query: 数字人民币, weight: -2, topic: ecny, needs: [China], unless: [bitcoin], priority: breaking}",
    )
    rule = config(text).rules.rules[0]
    assert (rule.id, rule.query, rule.weight, rule.topic) == (RuleId("ecny"), "数字人民币", -2, Topic.ECNY)
    assert (rule.needs, rule.unless, rule.priority) == (("China",), ("bitcoin",), Priority.BREAKING)


def test_needs_can_be_a_query() -> None:
    text = SMALLEST.replace("数字人民币]", "数字人民币], needs: China")
    assert config(text).rules.rules[0].needs == "China"


def test_a_set_is_replaced_by_name_and_extended_by_plus() -> None:
    sets = "rules:\n  sets:\n    mine: [one]\n    +mine: [two]\n"
    book = config(SMALLEST.replace("rules:\n", sets)).rules
    assert {each.name: each.terms for each in book.sets}["mine"] == ("one", "two")


def test_the_rules_version_follows_the_rules_and_nothing_else() -> None:
    version = config().rules_version
    assert re.fullmatch(r"[0-9a-f]{12}", version)
    assert config(SMALLEST + "timezone: Asia/Shanghai\n").rules_version == version
    assert config(SMALLEST.replace("数字人民币", "e-CNY")).rules_version != version
    assert config(SMALLEST.replace("rules:\n", "rules:\n  threshold: 2\n")).rules_version != version


# ── schema and documentation ──


def test_the_schema_in_the_docs_is_the_schema() -> None:
    written = json.loads((ROOT / "docs/config.schema.json").read_text("utf-8"))
    assert written == json_schema(), "write it anew: policywire schema > docs/config.schema.json"


def keys() -> dict[str, str]:
    """Every key of the schema with its description."""
    schema = json_schema()
    parts = [schema, *schema["$defs"].values()]
    found = {key: about for part in parts for key, about in part["properties"].items()}
    return {key: _description(about, schema) for key, about in found.items()}


def _description(about: dict[str, Any], schema: dict[str, Any]) -> str:
    section = about.get("$ref", "").rpartition("/")[2]
    return str(about.get("description") or schema["$defs"].get(section, {}).get("description", ""))


def test_every_key_has_a_description() -> None:
    assert [key for key, about in keys().items() if not about] == []


def test_every_key_is_in_the_documentation() -> None:
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    assert [key for key in keys() if f"`{key}`" not in page] == []

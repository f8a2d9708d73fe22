"""What a person may get wrong in config.yaml, and the one line that answers: place, problem, mend."""

from pathlib import Path

import pytest

from monitor.config.load import load, load_rules, parse
from monitor.core.errors import ConfigError

# Lines 1–4, 5–6, 7–10: cases replace one of the three blocks.
CHATS = """\
chats:
  - name: desk
    id: -100123
operator: desk
"""
SOURCES = """\
sources:
  use: [first-set]
"""
RULES = """\
rules:
  list:
    - id: ecny
      terms: [数字人民币, digital yuan]
"""
TOKEN = "123456789:" + "AbCdEfGhIjKlMnOpQrStUvWxYz012345678"


def config(*, chats: str = CHATS, sources: str = SOURCES, rules: str = RULES, more: str = "") -> str:
    return chats + sources + rules + more


def refusal(text: str, env: dict[str, str] | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as refused:
        parse(text, "config.yaml", env or {})
    return refused.value


CASES = {
    "empty file": ("", "config.yaml:1", "the file is empty", "start from the config.yaml"),
    "only comments": ("# nothing yet\n", "config.yaml:1", "the file is empty", "start from the config.yaml"),
    "tab": ("chats:\n\t- name: desk\n", "config.yaml:2:1", "a tab indents this line", "use spaces"),
    "tab after spaces": ("chats:\n  \t- a: b\n", "config.yaml:2:3", "a tab indents this line", "use spaces"),
    "tab inside a line": ("a:\t- b\n", "config.yaml:1:3", "a tab stands where spaces belong", "use spaces"),
    "set without quotes": ("a: [@finance]\n", "config.yaml:1:5", "not readable as YAML", 'quotes: "@name"'),
    "number that is none": ("a: !!int abc\n", "config.yaml:1:4: a", "is not a number", "like 3"),
    "endless number": (f"a: {'9' * 5000}\n", "config.yaml:1:4: a", "is not a number", "like 3"),
    "truth of YAML 1.1": ("%YAML 1.1\n---\na: on\n", "config.yaml:3:4: a", "YAML tag bool", "leave it out"),
    "not a mapping": ("- a\n- b\n", "config.yaml:1:1", "must be a group of keys, not a list", "key: value"),
    "open bracket": (
        "chats: [a\n",
        "config.yaml:2:1",
        "not readable as YAML",
        "indentation, colons and quotes",
    ),
    "duplicate key": (
        config(more="operator: desk\n"),
        "config.yaml:11:1: operator",
        "this key stands already on line 4",
        "keep one of the two",
    ),
    "unknown key": (
        config(rules=RULES + "      weigth: 2\n"),
        "config.yaml:11:7: rules.list.0.weigth",
        "unknown key",
        "did you mean 'weight'?",
    ),
    "unknown key at the top": (
        config(more="colour: red\n"),
        "config.yaml:11:1: colour",
        "unknown key",
        "known are timezone, chats, operator",
    ),
    "unknown key in an override": (
        config(sources=SOURCES + "  override:\n    coindesk: {evry: 5m}\n"),
        "config.yaml:8:16: sources.override.coindesk.evry",
        "unknown key",
        "did you mean 'every'?",
    ),
    "quiet hours without end": (
        config(more='alerts:\n  quiet_hours: {from: "23:00"}\n'),
        "config.yaml:12:3: alerts.quiet_hours.to",
        "is missing",
        'add “to: "07:00"”',
    ),
    "text for a number": (
        config(rules=RULES + '      weight: "3"\n'),
        "config.yaml:11:7: rules.list.0.weight",
        "must be a number, not the text “3”",
        "without quotes",
    ),
    "number out of bounds": (
        config(rules=RULES + "      weight: 1000\n"),
        "config.yaml:11:7: rules.list.0.weight",
        "must be at most 100",
        "write a smaller number",
    ),
    "number below bounds": (
        config(rules=RULES + "      weight: -1000\n"),
        "config.yaml:11:7: rules.list.0.weight",
        "must be at least -100",
        "write a larger number",
    ),
    "not a number": (
        config(rules=RULES + "      weight: .nan\n"),
        "config.yaml:11:7: rules.list.0.weight",
        "must be an ordinary number",
        "write a number like 3",
    ),
    "number for text": (
        config(chats=CHATS.replace("operator: desk", "operator: 12")),
        "config.yaml:4:1: operator",
        "must be text, not the number 12",
        "quotes",
    ),
    "fraction for text": (
        config(chats=CHATS.replace("operator: desk", "operator: 1.5")),
        "config.yaml:4:1: operator",
        "must be text, not the number 1.5",
        "quotes",
    ),
    "group for text": (
        config(chats=CHATS.replace("operator: desk", "operator: {name: desk}")),
        "config.yaml:4:1: operator",
        "must be text, not a group of keys",
        "quotes",
    ),
    "truth for a span": (
        config(more="alerts: {max_age: true}\n"),
        "config.yaml:11:10: alerts.max_age",
        "must be text like 10m, not true",
        "quotes",
    ),
    "text for terms": (
        config(rules=RULES.replace("[数字人民币, digital yuan]", "数字人民币")),
        "config.yaml:10:7: rules.list.0.terms",
        "must be a list of terms, not the text “数字人民币”",
        "[term, term]",
    ),
    "text for a list": (
        config(sources="sources:\n  use: first-set\n"),
        "config.yaml:6:3: sources.use",
        "must be a list, not the text “first-set”",
        "[one, two]",
    ),
    "text for true or false": (
        config(sources=SOURCES + "  override: {coindesk: {fetch_pages: off}}\n"),
        "config.yaml:7:25: sources.override.coindesk.fetch_pages",
        "must be true or false, not the text “off”",
        "without quotes",
    ),
    "nothing for a section": (
        config(sources="sources:\n"),
        "config.yaml:5:1: sources",
        "must be a group of keys, not nothing",
        "indented below it",
    ),
    "list for a mapping": (
        config(sources=SOURCES + "  override: [coindesk]\n"),
        "config.yaml:7:3: sources.override",
        "must be a group of keys, not a list",
        "key: value",
    ),
    "section left out": (config(rules=""), "config.yaml:1:1: rules", "is missing", "add “rules:”"),
    "no chats": (config(chats="chats: []\n"), "config.yaml:1:1: chats", "is empty", "write at least one"),
    "chat without id": (
        config(chats="chats:\n  - name: desk\n"),
        "config.yaml:2:5: chats.0.id",
        "is missing",
        "add “id: …”",
    ),
    "chat with empty id": (
        config(chats="chats:\n  - name: desk\n    id:\n"),
        "config.yaml:3:5: chats.0.id",
        "the chat has no id",
        "$TELEGRAM_CHAT_ID",
    ),
    "chat id that is none": (
        config(chats="chats:\n  - name: desk\n    id: the desk\n"),
        "config.yaml:3:5: chats.0.id",
        "this is not a chat id",
        "write the number",
    ),
    "chat id that is a list": (
        config(chats="chats:\n  - name: desk\n    id: [1]\n"),
        "config.yaml:3:5: chats.0.id",
        "not a list",
        "quotes",
    ),
    "two chats of one name": (
        config(chats=CHATS.replace("operator: desk\n", "  - {name: desk, id: 5}\n")),
        "config.yaml:4:6: chats.1.name",
        "two chats have the name “desk”",
        "choose another name",
    ),
    "unknown operator": (
        config(chats=CHATS.replace("operator: desk", "operator: dask")),
        "config.yaml:4:1: operator",
        "there is no chat “dask”",
        "did you mean 'desk'?",
    ),
    "unknown topic": (
        config(rules=RULES + "      topic: block-chain\n"),
        "config.yaml:11:7: rules.list.0.topic",
        "there is no topic “block-chain”",
        "did you mean 'blockchain'?",
    ),
    "topic like no other": (
        config(rules=RULES + "      topic: 17\n"),
        "config.yaml:11:7: rules.list.0.topic",
        "there is no topic the number 17",
        "one of ecny, crypto",
    ),
    "unknown source": (
        config(sources="sources:\n  use: [first-set, coindeks]\n"),
        "config.yaml:6:20: sources.use.1",
        "is called “coindeks”",
        "did you mean 'coindesk'?",
    ),
    "unknown kind": (
        config(sources="sources:\n  use:\n    - kind:state-medium\n"),
        "config.yaml:7:7: sources.use.0",
        "is called “kind:state-medium”",
        "did you mean 'kind:state-media'?",
    ),
    "unknown word in skip": (
        config(sources=SOURCES + "  skip: [zzzzzzzz]\n"),
        "config.yaml:7:10: sources.skip.0",
        "is called “zzzzzzzz”",
        "policywire sources list",
    ),
    "override of an unknown source": (
        config(sources=SOURCES + "  override:\n    coindeks: {every: 5m}\n"),
        "config.yaml:8:5: sources.override.coindeks",
        "the catalogue has no source “coindeks”",
        "did you mean 'coindesk'?",
    ),
    "own source with a shipped id": (
        config(sources=SOURCES + "  add:\n    - {id: coindesk, url: https://example.org/}\n"),
        "config.yaml:8:8: sources.add.0.id",
        "the catalogue has a source “coindesk” already",
        "under override",
    ),
    "two own sources of one id": (
        config(
            sources=SOURCES
            + "  add:\n    - {id: x, url: https://a.org/}\n    - {id: x, url: https://b.org/}\n"
        ),
        "config.yaml:9:8: sources.add.1.id",
        "two sources have the id “x”",
        "choose another id",
    ),
    "own source without url": (
        config(sources=SOURCES + "  add:\n    - id: mine\n"),
        "config.yaml:8:7: sources.add.0.url",
        "the source has no url",
        "add “url: https://…”",
    ),
    "url and feeds": (
        config(
            sources=SOURCES
            + "  add:\n    - id: x\n      url: https://a.org/\n      feeds: [{url: https://b.org/}]\n"
        ),
        "config.yaml:9:7: sources.add.0.url",
        "url and feeds stand side by side",
        "keep one of the two",
    ),
    "json feed without fields": (
        config(
            sources=SOURCES
            + "  add:\n    - id: x\n      feeds:\n        - {url: https://b.org/, method: json}\n"
        ),
        "config.yaml:10:33: sources.add.0.feeds.0.method",
        "method json or listing and fields belong together",
        "fields: {items",
    ),
    "no primary feed": (
        config(
            sources=SOURCES + "  add:\n    - id: x\n      feeds: [{url: https://b.org/, use: fallback}]\n"
        ),
        "config.yaml:9:7: sources.add.0.feeds",
        "no feed is primary",
        "remove “use:”",
    ),
    "address without scheme": (
        config(sources=SOURCES + "  add:\n    - id: x\n      url: example.org/feed\n"),
        "config.yaml:9:7: sources.add.0.url",
        "this is not a web address",
        "write it whole",
    ),
    "address with a space": (
        config(sources=SOURCES + "  add:\n    - id: x\n      url: https://example.org/a b\n"),
        "config.yaml:9:7: sources.add.0.url",
        "there is a space inside the address",
        "%20",
    ),
    "id with a space": (
        config(sources=SOURCES + "  add:\n    - id: my feed\n      url: https://example.org/\n"),
        "config.yaml:8:7: sources.add.0.id",
        "“my feed” is not a usable name",
        "without spaces",
    ),
    "nothing chosen": (
        config(sources="sources: {}\n"),
        "config.yaml:5:1: sources",
        "no source is chosen",
        "use: [first-set]",
    ),
    "span without unit": (
        config(more="alerts: {max_age: 24}\n"),
        "config.yaml:11:10: alerts.max_age",
        "must be text like 10m, not the number 24",
        "quotes",
    ),
    "span in unknown words": (
        config(more="alerts: {max_age: a while}\n"),
        "config.yaml:11:10: alerts.max_age",
        "“a while” is not a time span",
        "30s, 10m, 24h, 7d",
    ),
    "span without end": (
        config(more="alerts: {max_age: 99999999999w}\n"),
        "config.yaml:11:10: alerts.max_age",
        "longer than ten years",
        "shorter",
    ),
    "poll too often": (
        config(sources=SOURCES + "  every: 1s\n"),
        "config.yaml:7:3: sources.every",
        "1s is too often",
        "10s or more",
    ),
    "time of day": (
        config(more='alerts:\n  quiet_hours: {from: "25:00", to: "07:00"}\n'),
        "config.yaml:12:17: alerts.quiet_hours.from",
        "“25:00” is not a time of day",
        '"23:00"',
    ),
    "quiet all day": (
        config(more='alerts:\n  quiet_hours: {from: "07:00", to: "7:00"}\n'),
        "config.yaml:12:3: alerts.quiet_hours",
        "begin and end at the same time",
        "remove them",
    ),
    "unknown zone": (
        config(more="timezone: Asia/Peking\n"),
        "config.yaml:11:1: timezone",
        "there is no time zone “Asia/Peking”",
        "Asia/Shanghai",
    ),
    "zone that is a folder": (
        config(more="timezone: Asia\n"),
        "config.yaml:11:1: timezone",
        "there is no time zone “Asia”",
        "Asia/Shanghai",
    ),
    "trusted address with a scheme": (
        config(more="network: {trusted: [http://127.0.0.1:80]}\n"),
        "config.yaml:11:21: network.trusted.0",
        "is not host:port",
        "without http://",
    ),
    "no rules": (
        config(rules="rules: {list: []}\n"),
        "config.yaml:7:9: rules.list",
        "there are no rules",
        "write at least one",
    ),
    "rule without terms": (
        config(rules="rules:\n  list:\n    - id: ecny\n"),
        "config.yaml:9:7: rules.list.0",
        "the rule “ecny” has neither terms nor a query",
        "add “terms: [one, two]”",
    ),
    "empty terms": (
        config(rules="rules:\n  list:\n    - id: ecny\n      terms: []\n"),
        "config.yaml:10:7: rules.list.0.terms",
        "the list of terms is empty",
        "at least one term",
    ),
    "terms and query": (
        config(rules=RULES + "      query: e-CNY\n"),
        "config.yaml:11:7: rules.list.0.query",
        "has both query and terms",
        "keep one",
    ),
    "term that is a number": (
        config(rules=RULES.replace("digital yuan", "2021")),
        "config.yaml:10:7: rules.list.0.terms",
        "a term must be text, not the number 2021",
        '"2021"',
    ),
    "needs nothing": (
        config(rules=RULES + "      needs:\n"),
        "config.yaml:11:7: rules.list.0.needs",
        "must be a query or a list of terms, not nothing",
        "[term, term]",
    ),
    "two rules of one id": (
        config(rules=RULES + "    - {id: ecny, terms: [e-CNY]}\n"),
        "config.yaml:11:8: rules.list.1.id",
        "the rule “ecny” stands already on line 9",
        "choose another id",
    ),
    "unknown set in terms": (
        config(rules=RULES.replace("digital yuan", '"@nosuchset"')),
        "config.yaml:10:7: rules.list.0.terms",
        "there is no set @nosuchset",
        "",
    ),
    "unknown set in needs": (
        config(rules=RULES + '      needs: ["@nosuchset"]\n'),
        "config.yaml:11:7: rules.list.0.needs",
        "there is no set @nosuchset",
        "",
    ),
    "query that breaks off": (
        config(rules="rules:\n  list:\n    - id: ecny\n      query: (数字人民币\n"),
        "config.yaml:10:7: rules.list.0.query",
        "",
        "",
    ),
    "set with a bad term": (
        config(rules=RULES.replace("  list:", '  sets:\n    mine: ["@nosuchset"]\n  list:')),
        "config.yaml:9:5: rules.sets.mine",
        "there is no set @nosuchset",
        "",
    ),
    "addition to no set": (
        config(rules=RULES.replace("  list:", "  sets:\n    +nosuchset: [a]\n  list:")),
        "config.yaml:9:5: rules.sets.+nosuchset",
        "no shipped set is called “nosuchset”",
        "a set of your own",
    ),
    "alias": (
        "chats: &a [1]\nsources: *a\n",
        "config.yaml:1:8: chats",
        "anchors (&name) and aliases (*name)",
        "write the value out",
    ),
    "alias without anchor": (
        "chats: *a\n",
        "config.yaml:1:8",
        "anchors (&name) and aliases (*name)",
        "write the value out",
    ),
    "tag": (
        "chats: !!set {a}\noperator: !secret x\n",
        "config.yaml:2:11: operator",
        "the YAML tag !secret is not used here",
        "leave it out",
    ),
    "key that is a list": ("? [a, b]\n: c\n", "config.yaml:1:3", "a key must be a plain word", "quotes"),
    "deep nesting": (
        "a: " + "[" * 40 + "]" * 40 + "\n",
        "config.yaml:1:16: a.0",
        "nested deeper than",
        "brackets",
    ),
    "bottomless nesting": ("[\n" * 3000, "config.yaml", "nested deeper than", "brackets"),
    "control character": ("chats: \x07\n", "config.yaml", "not readable as YAML", ""),
    "token in the file": (
        config(more=f"telegram:\n  token: {TOKEN}\n"),
        "config.yaml:12:10",
        "this looks like a bot token",
        "TELEGRAM_BOT_TOKEN",
    ),
    "token in a comment": (
        config(more=f"# old: {TOKEN}\n"),
        "config.yaml:11:8",
        "this looks like a bot token",
        "TELEGRAM_BOT_TOKEN",
    ),
}


@pytest.mark.parametrize(("text", "place", "problem", "mend"), CASES.values(), ids=CASES)
def test_mistakes_are_named_with_place_and_mend(text: str, place: str, problem: str, mend: str) -> None:
    error = refusal(text)
    assert str(error).startswith(f"{place}:")
    assert problem in error.problem
    assert mend in error.mend
    assert error.exit_code == 78
    assert "\n" not in str(error)
    assert TOKEN not in str(error)


def test_the_topmost_of_several_mistakes_is_told() -> None:
    error = refusal(config(chats=CHATS.replace("operator:", "opperator:"), more="colour: red\n"))
    assert str(error.where) == "config.yaml:4:1: opperator"


def test_a_chat_id_from_the_environment_must_be_set_where_telegram_is_used() -> None:
    text = config(chats=CHATS.replace("-100123", "$DESK"))
    error = refusal(text, {"TELEGRAM_BOT_TOKEN": TOKEN})
    assert str(error.where) == "config.yaml:3:5: chats.0.id"
    assert (error.problem, "set DESK" in error.mend) == ("DESK is not set", True)


def test_a_chat_id_from_the_environment_must_be_one_and_is_not_echoed() -> None:
    error = refusal(config(chats=CHATS.replace("-100123", "$DESK")), {"DESK": "hunter2 secret"})
    assert error.problem == "DESK does not hold a chat id"
    assert "hunter2" not in str(error)


def test_a_missing_file_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no such file \(name it with --config PATH\)"):
        load(tmp_path / "config.yaml", {})


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: is a directory"):
        load(tmp_path, {})


def test_a_file_in_another_charset_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes("# desk\nname: 数字".encode("gbk"))
    with pytest.raises(ConfigError, match=r"config\.yaml:2: is not UTF-8 text"):
        load(path, {})


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"#" * 4_000_001)
    with pytest.raises(ConfigError, match="larger than"):
        load(path, {})


def test_rules_alone_need_a_rules_section(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("sets: {}\n", "utf-8")
    with pytest.raises(ConfigError, match="rules: is missing"):
        load_rules(path)

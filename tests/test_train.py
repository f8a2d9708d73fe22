"""Training on a handful of headlines: the file that comes out, and the mistakes that are named."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from monitor import train
from monitor.config.learned import shipped_model
from monitor.config.load import load_rules
from monitor.core.classify import Judge, compile_rules
from monitor.core.errors import ConfigError, UserError
from monitor.core.model import Rule, RuleBook, RuleId, TermSet, Topic

needs_sklearn = pytest.mark.skipif(
    not train.can_train(), reason="scikit-learn is absent: pip install 'policywire[train]'"
)

RULES = """
rules:
  threshold: 1
  model: {model}
  list:
    - id: money
      topic: ecny
      terms: [digital yuan, 数字人民币]
"""

ROWS = [
    ("digital yuan pilot widened by the central bank", 1, "2024-01-03"),
    ("central bank issues rules for the digital yuan", 1, "2024-02-03"),
    ("digital yuan pilot in four cities, central bank says", 1, "2024-03-03"),
    ("数字人民币试点扩大", 1, "2024-04-03"),
    ("央行发布数字人民币办法", 1, "2024-05-03"),
    ("shares of digital yuan suppliers jump", 0, "2024-01-05"),
    ("digital yuan supplier shares jump again", 0, "2024-02-05"),
    ("stocks: digital yuan shares slide", 0, "2024-03-05"),
    ("数字人民币概念股大涨", 0, "2024-04-05"),
    ("概念股大涨 数字人民币领先", 0, "2024-05-05"),
]


def judge() -> Judge:
    rule = Rule(id=RuleId("money"), query=("digital yuan", "数字人民币"), topic=Topic.ECNY)
    sets = (TermSet(name="ecny", terms=("digital yuan", "数字人民币")),)
    return compile_rules(RuleBook(rules=(rule,), sets=sets, threshold=1.0))


def labelled(folder: Path, rows: Any = ROWS) -> Path:
    path = folder / "labelled.jsonl"
    lines = [
        json.dumps({"id": str(n), "title": title, "label": label, "published": day, "sample": "random"})
        for n, (title, label, day) in enumerate(rows)
    ]
    path.write_text("\n".join(["", *lines]), "utf-8")
    return path


def trained(folder: Path) -> tuple[Path, list[str]]:
    said: list[str] = []
    out = folder / "weights.json"
    train.train_file(labelled(folder), out, judge=judge(), own=(), today=date(2026, 1, 2), say=said.append)
    return out, said


@needs_sklearn
def test_the_same_file_gives_the_same_weights(tmp_path: Path) -> None:
    examples = train.read_examples(labelled(tmp_path), judge())
    first = train.learn(examples, (), threshold=1.0)
    assert train.learn(examples, (), threshold=1.0).weights == first.weights


@needs_sklearn
def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    out, said = trained(tmp_path)
    kept = json.loads(out.read_text("utf-8"))
    assert kept["trained_at"] == "2026-01-02"
    assert len(kept["trained_on"]) == 64
    assert set(kept["cross_validated"]) == {"en", "zh"}
    assert set(kept["weights"]) == {"title", "lead", "rules"}
    assert sum(map(len, kept["weights"].values())) <= train.MOST_WEIGHTS + 500
    assert any("rules alone" in line for line in said)
    assert any("months not trained on" in line for line in said)


@needs_sklearn
def test_what_was_trained_is_used_where_the_rules_name_it(tmp_path: Path) -> None:
    trained(tmp_path)
    config = tmp_path / "config.yaml"
    config.write_text(RULES.format(model="weights.json"), "utf-8")
    learned = compile_rules(load_rules(config))
    for title, label, _ in ROWS:
        verdict = learned.classify(title=title)
        assert verdict.share is not None
        assert (verdict.share.points > 0) is bool(label), verdict.reasons()
        assert any(line.startswith("model ") for line in verdict.reasons())


@needs_sklearn
def test_months_are_not_parted() -> None:
    examples = train.own_examples(judge())[:4]
    folds = train.months_apart(examples, 3)
    assert folds == [frozenset(range(4))]  # all of one month


@needs_sklearn
def test_one_kind_of_headline_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="label some of both"):
        train.learn([], [], threshold=3.0)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "not JSON"),
        ("[]", "title"),
        ('{"title": 3, "label": 1}', "title: is missing or not text"),
        ('{"title": "a"}', "label: must be 1"),
        ('{"title": "a", "label": 2}', "label: must be 1"),
        ('{"title": "a", "label": 1, "summary": []}', "summary: must be text"),
    ],
    ids=["no json", "no object", "title", "no label", "odd label", "summary"],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"title": "a", "label": 0}\n' + line, "utf-8")
    with pytest.raises(UserError, match=f"rows.jsonl:2: .*{words}|rows.jsonl:2: {words}"):
        train.read_examples(path, judge())


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        train.read_examples(tmp_path / "none.jsonl", judge())


def test_our_own_headlines_cover_every_topic_in_both_languages() -> None:
    path = Path(train.__file__).parent / "models" / train.OWN
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(rows) >= 400
    assert len({row["title"] for row in rows}) == len(rows)
    for language in ("en", "zh"):
        mine = [row for row in rows if row["lang"] == language]
        assert {topic for row in mine for topic in row["topics"]} == {topic.value for topic in Topic}
        assert {row["label"] for row in mine} == {0, 1}
        assert all(bool(row["topics"]) is bool(row["label"]) for row in mine)


# ── the model in the configuration ──


def test_the_shipped_weights_load_once_and_stay_small() -> None:
    assert shipped_model() is shipped_model()
    assert len(repr(shipped_model())) < 300  # it stands in the digest of the rules, by version
    assert sum(map(len, shipped_model().weights.values())) < 9000


@pytest.mark.parametrize("written", ["off", "false"])
def test_off_means_the_rules_alone(tmp_path: Path, written: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(RULES.format(model=written), "utf-8")
    assert load_rules(config).model is None


@pytest.mark.parametrize("written", ["on", "true"])
def test_on_means_the_shipped_weights(tmp_path: Path, written: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(RULES.format(model=written), "utf-8")
    assert load_rules(config).model == shipped_model()


@pytest.mark.parametrize(
    ("written", "content", "words"),
    [
        ("maybe", None, "no learned part"),
        ("none.json", None, "cannot be read: no such file"),
        ("weights.json", "{", "holds no weights"),
        ("weights.json", "[]", "not a JSON object"),
        ("weights.json", "{}", "version None"),
        ("weights.json", "[" * 100_000, "holds no weights"),
        ("weights.json", " " * 4_000_001, "larger than"),
    ],
    ids=["a word", "no file", "no json", "no object", "no version", "too deep", "too large"],
)
def test_a_wrong_model_is_refused_where_it_stands(
    tmp_path: Path, written: str, content: str | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "weights.json").write_text(content, "utf-8")
    config = tmp_path / "config.yaml"
    config.write_text(RULES.format(model=written), "utf-8")
    with pytest.raises(ConfigError, match=words) as caught:
        load_rules(config)
    assert (caught.value.where.line, caught.value.where.key) == (4, "rules.model")

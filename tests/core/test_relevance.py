"""What the learned part looks at, how it adds up, and what it says of itself."""

from typing import Any

import pytest

from monitor.core.relevance import (
    FEATURES,
    LONGEST_LEAD,
    MOST_POINTS,
    Features,
    ModelError,
    Relevance,
    Share,
    features,
    relevance_from,
    script_of,
)


def model(**parts: dict[str, float]) -> Relevance:
    weights: dict[str, dict[str, float]] = {"title": {}, "lead": {}, "rules": {}}
    weights |= parts
    return Relevance(version="v", trained_on="", weights=weights)


def seen(title: str = "", lead: str = "", *evidence: str) -> Features:
    return features(title=title, lead=lead, evidence=evidence)


@pytest.mark.parametrize(
    ("title", "has", "has_not"),
    [
        ("数据局", {"数", "据", "局", "数据", "据局", "数据局"}, {"局 数"}),
        ("数据安全法", {"数据安全", "据安全法"}, {"数据安全法"}),
        ("数据，安全", {"数据", "安全"}, {"据安"}),
        ("china bans bitcoin", {"china", "bans", "china bans", "bans bitcoin", "…itcoi…"}, {"…china…"}),
        ("央行 e-cny 试点", {"央行", "cny", "e", "试点"}, {"cny 试"}),
        ("ai监管 rules", {"ai", "监管", "rules"}, {"ai rules"}),
        ("in 2022, u.s. firms'", {"in", "u.s", "firms"}, {"2022", "firms'"}),
    ],
    ids=[
        "n-grams",
        "at most four",
        "not across commas",
        "words and pairs",
        "mixed",
        "no pair across",
        "no numbers",
    ],
)
def test_title_features(title: str, has: set[str], has_not: set[str]) -> None:
    found = set(seen(title).title)
    assert has <= found
    assert not has_not & found


def test_the_lead_is_looked_at_in_front_only_and_without_pieces_of_words() -> None:
    found = seen("", "数据" + "。" * LONGEST_LEAD + "安全 cyberspace").lead
    assert found == ("数", "据", "数据")
    assert "…spac…" not in seen("", "cyberspace").lead


def test_a_feature_counts_once_and_evidence_keeps_its_names() -> None:
    found = seen("数数", "", "@act in title", "@act in title")
    assert found.title == ("数", "数数")
    assert found.rules == ("lang zh", "@act in title")


@pytest.mark.parametrize(("title", "script"), [("央行 e-CNY", "zh"), ("PBoC e-CNY", "en"), ("", "en")])
def test_the_script_decides(title: str, script: str) -> None:
    assert script_of(title) == script


def test_words_count_by_length_one_and_evidence_in_full() -> None:
    weights = model(title={"ban": 0.8, "ban it": 0.4}, rules={"@act in title": 0.3, "lang en": -0.1})
    share = weights.share(seen("ban it", "", "@act in title"))
    # three features in the title: ban, it, "ban it"
    assert share.points == pytest.approx((0.8 + 0.4) / 3**0.5 + 0.2, abs=0.005)


@pytest.mark.parametrize(("weight", "points"), [(50.0, MOST_POINTS), (-50.0, -MOST_POINTS), (0.0, 0.0)])
def test_points_are_bounded(weight: float, points: float) -> None:
    assert model(title={"ban": weight}).share(seen("ban")).points == points


def test_the_strongest_features_are_named_the_way_the_points_went() -> None:
    weights = model(
        title={"ban": 4.0, "stock": -3.0, "…tcoin…": 1.0}, lead={"试点": 1.0}, rules={"@act in title": 0.5}
    )
    up = weights.share(seen("ban stock", "试点", "@act in title"))
    assert up.because == ("“ban” in title", "“试点” in lead", "@act in title")
    down = model(title={"stock": -3.0, "ban": 1.0}).share(seen("ban stock"))
    assert down.because == ("“stock” in title",)


def test_parts_of_what_is_named_are_not_named_again_and_four_are_enough() -> None:
    weights = model(title={"数据安全": 5.0, "数据": 4.0, "局": 3.0, "法": 2.0, "办": 1.0, "令": 0.9})
    share = weights.share(seen("数据安全，局，法，办，令"))
    assert share.because == ("“数据安全” in title", "“局” in title", "“法” in title", "“办” in title")


def test_nothing_known_says_nothing() -> None:
    share = model().share(seen("quite unknown"))
    assert share == Share(points=0.0)
    assert share.in_words() == "model +0"


def test_in_words() -> None:
    assert Share(points=1.2, because=("“试点” in title",)).in_words() == "model +1.2: “试点” in title"


GOOD: dict[str, Any] = {"features": FEATURES, "weights": {"title": {"a": 1}, "lead": {}, "rules": {}}}


def test_a_model_is_read_from_plain_values() -> None:
    read = relevance_from(GOOD | {"trained_on": "abc"}, "v7")
    assert (read.version, read.trained_on, read.weights["title"]) == ("v7", "abc", {"a": 1})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features": FEATURES + 1}, "version"),
        ({"features": None}, "version None"),
        ({"weights": []}, "weights for title, lead, rules"),
        ({"weights": {"title": {}, "lead": {}}}, "weights for"),
        ({"weights": {"title": {"a": "much"}, "lead": {}, "rules": {}}}, "a number by name"),
        ({"weights": {"title": {"a": float("nan")}, "lead": {}, "rules": {}}}, "a number by name"),
    ],
    ids=["newer", "no version", "no mapping", "a part is missing", "no number", "not finite"],
)
def test_what_is_no_model_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        relevance_from(GOOD | change, "v")

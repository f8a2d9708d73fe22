"""Reports of true events in our own words: one event meets in both languages, look-alikes stay apart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks import stories as gate
from monitor.config.lexicon import shipped_lexicon
from monitor.core.language import language_of
from monitor.core.pairs import compare, likelihood
from monitor.core.profile import Profile, keys_of, profile_of
from monitor.core.stories import TOGETHER
from tests.shared import needs_shared
from tests.stories_cases import (
    CROSS_LANGUAGE,
    LOOK_ALIKES,
    OPPOSITES,
    OTHER_NUMBERS,
    OTHER_OBJECTS,
    OTHER_PLACES,
    SAME_LANGUAGE,
    TOLD_OTHERWISE,
)

LEAST_ACROSS = 30  # of the 40 pairs across languages; every second of them was learned from
LEAST_UNSEEN = 17  # of the 20 that were not


def told(title: str, day: str, outlet: str, later: int = 0) -> Profile:
    return profile_of(
        shipped_lexicon(),
        title=title,
        published_at=datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=later),
        outlet=outlet,
        language=language_of(title),
    )


def meets(a: Profile, b: Profile) -> bool:
    return likelihood(a, b) >= TOGETHER.join and bool(set(keys_of(a)) & set(keys_of(b)))


def test_events_meet_across_languages() -> None:
    met = [meets(told(en, day, "a"), told(zh, day, "b")) for day, en, zh in CROSS_LANGUAGE]
    assert sum(met) >= LEAST_ACROSS
    assert sum(met[1::2]) >= LEAST_UNSEEN


def test_other_events_of_the_same_days_do_not_meet_across_languages() -> None:
    """Every English report against every other event's Chinese one, as if they came on one day."""
    english = [told(en, "2024-01-01", "a") for _, en, _ in CROSS_LANGUAGE]
    chinese = [told(zh, "2024-01-01", "b") for _, _, zh in CROSS_LANGUAGE]
    wrong = [
        (a.title, b.title)
        for i, a in enumerate(english)
        for j, b in enumerate(chinese)
        if i != j and CROSS_LANGUAGE[i][0][:4] != CROSS_LANGUAGE[j][0][:4] and meets(a, b)
    ]
    assert len(wrong) <= 4, wrong  # of some 1,400


def test_events_meet_within_a_language() -> None:
    apart = [
        (one, other)
        for day, one, later, other in SAME_LANGUAGE
        if not meets(told(one, day, "a"), told(other, day, "b", later))
    ]
    assert len(apart) <= 1, apart


@pytest.mark.parametrize(
    ("day", "one", "later", "other", "same_outlet"), LOOK_ALIKES, ids=[case[3] for case in LOOK_ALIKES]
)
def test_look_alikes_stay_apart(day: str, one: str, later: int, other: str, same_outlet: bool) -> None:
    a, b = told(one, day, "a"), told(other, day, "a" if same_outlet else "b", later)
    assert likelihood(a, b) < TOGETHER.join, compare(a, b).reasons(a, b)


@pytest.mark.parametrize(
    ("one", "other", "same_outlet"), [*OPPOSITES, *OTHER_PLACES, *OTHER_OBJECTS, *OTHER_NUMBERS]
)
def test_acts_that_differ_in_one_thing_stay_apart(one: str, other: str, same_outlet: bool) -> None:
    a, b = told(one, "2026-11-24", "a"), told(other, "2026-11-24", "a" if same_outlet else "b")
    assert likelihood(a, b) < TOGETHER.join, compare(a, b).reasons(a, b)


@pytest.mark.parametrize(("one", "other"), [case[:2] for case in OPPOSITES])
def test_opposite_acts_contradict(one: str, other: str) -> None:
    a, b = told(one, "2026-11-24", "a"), told(other, "2026-11-24", "b")
    assert compare(a, b).veto == compare(b, a).veto
    assert compare(a, b).veto.startswith("one ")


@pytest.mark.parametrize(("one", "other"), TOLD_OTHERWISE)
def test_one_act_told_otherwise_joins(one: str, other: str) -> None:
    a, b = told(one, "2026-11-24", "a"), told(other, "2026-11-24", "b")
    assert meets(a, b), compare(a, b).reasons(a, b)


@pytest.mark.parametrize("outlets", [("a", "a"), ("a", "b")], ids=["one outlet", "two outlets"])
def test_one_boilerplate_for_two_firms_is_two_events(outlets: tuple[str, str]) -> None:
    a = told("市场监管总局依法对英伟达公司立案调查", "2024-12-09", outlets[0])
    b = told("市场监管总局依法对高通公司立案调查", "2024-12-09", outlets[1])
    assert likelihood(a, b) < TOGETHER.join


def test_a_profile_of_another_day_is_the_same_but_for_its_time() -> None:
    day, title, *_ = SAME_LANGUAGE[0]
    later = told(title, day, "a", 1)
    assert keys_of(later) == keys_of(replace(later, outlet="b"))


@needs_shared
def test_labelled_stories_hold_their_floors() -> None:
    assert gate.main(["--gate"]) == 0

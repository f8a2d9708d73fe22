"""Which reports join one story."""

import pytest

from monitor.core.fingerprint import fingerprint, resemblance
from monitor.core.stories import place
from tests.builders import a_story

PILOT = "China's central bank widens digital yuan pilot to six cities"


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        (PILOT, PILOT, True),
        (PILOT, "China’s Central Bank Widens Digital Yuan Pilot to Six Cities", True),
        (PILOT, "China's central bank widens digital yuan pilot to six cities - Wire", True),
        ("央行扩大数字人民币试点至六个城市", "央行擴大數字人民幣試點至六個城市", True),
        (PILOT, "Cyberspace regulator drafts rules on algorithm filing", False),
        ("工信部通报2026年第3批侵害用户权益APP", "国家网信办就数据出境安全评估办法征求意见", False),
    ],
    ids=["same", "case and quotes", "outlet name", "script", "another event", "another event in Chinese"],
)
def test_near_identical_reports_join(one: str, other: str, joined: bool) -> None:
    first, second = fingerprint(one), fingerprint(other)
    found = place(second, [(a_story(), first)])
    assert (found is not None) is joined
    if joined:
        assert set(first.bands) & set(second.bands)


def test_the_best_resembling_story_wins() -> None:
    near = fingerprint(PILOT + " today")
    same = fingerprint(PILOT)
    candidates = [(a_story(id=1), near), (a_story(id=2), same), (a_story(id=3), near)]
    found = place(same, candidates)
    assert found is not None
    assert found.id == 2


def test_an_untitled_report_is_known_by_its_lead() -> None:
    assert fingerprint("", "The lead tells it.").shingles
    assert fingerprint("…", "").bands == ()
    assert resemblance(frozenset(), frozenset()) == 0.0


def test_nothing_resembles_nothing() -> None:
    assert place(fingerprint(PILOT), []) is None

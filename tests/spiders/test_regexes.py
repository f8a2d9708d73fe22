"""No regular expression of ours takes longer than a text is long: strangers write the pages and feeds."""

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import spiders
from spiders import dates, issuer, metadata, page_dates, pattern, trim

SIZE = 40_000  # characters; at the square of it the time is up
UNITS = (
    " ", "\n", "\n ", "\u3000", "a", "1", "一", "<", "<!--", "<!DOCTYPE[", "<![CDATA[", "a(", ") ", "[", "&",
    "&#", "-", "/t", "://", "a.", "1-", "1年", "Aa 1 ", "\"'", "\nsitemap", "<a ", "no-", "(图片",
)  # fmt: skip
# These are only asked of short texts: the longest, in characters.
SHORT = {
    "spiders.dates": dates.LONGEST,
    "spiders.issuer._NEXT_LABEL": issuer._LONGEST_ROW + 1,
    "spiders.metadata._SEPARATOR": metadata._LONGEST_TITLE,
    "spiders.page_dates._LABEL": page_dates._LONGEST_LINE,
    "spiders.trim._CLOCK_AND_DAY": trim._LABEL,
    "spiders.tree._META": 1_000,  # a selector, which the user writes
}


def ours() -> Iterator[tuple[str, re.Pattern[Any]]]:
    for found in pkgutil.walk_packages(spiders.__path__, "spiders."):
        for name, value in vars(import_module(found.name)).items():
            if isinstance(value, re.Pattern):
                yield f"{found.name}.{name}", value


@pytest.mark.timeout(10)
@pytest.mark.parametrize(("name", "regex"), [pytest.param(*one, id=one[0]) for one in ours()])
def test_a_pattern_reads_a_hostile_text_once(name: str, regex: re.Pattern[Any]) -> None:
    size = SHORT.get(name) or SHORT.get(name.rpartition(".")[0]) or SIZE
    for unit in UNITS:
        text = (unit * size)[:size]
        whole = text.encode() if isinstance(regex.pattern, bytes) else text
        assert len(list(regex.finditer(whole))) <= len(whole) + 1


def test_a_long_name_with_many_digits_is_judged_at_once() -> None:
    assert not pattern._passes("a" + "1" * 400_000 + "-")
    assert pattern._passes("post_20261124")
    assert pattern._passes("Active")
    assert not pattern._passes("post-12")


def test_a_label_with_nothing_but_spaces_behind_it_is_no_issuer() -> None:
    assert issuer._tidy("a" + " " * 400_000 + "b") == "a"

"""The shipped catalogue is whole, and a damaged file is refused with its place."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from monitor.config.catalog import catalog, parse_catalog
from monitor.config.selectors import css_problem
from monitor.core.errors import ConfigError
from monitor.core.model import Feed, Kind, Method, Source, Tier, Use

ONE = "kind: crypto-media\nsources:\n  - id: a\n    url: https://example.org/feed\n"


def test_it_holds_every_kind_of_source_once() -> None:
    ids = [source.id for source in catalog()]
    assert len(ids) == len(set(ids)) >= 136
    assert {source.kind for source in catalog()} == set(Kind)


def test_it_is_read_once() -> None:
    assert catalog() is catalog()


def test_the_backbone_is_a_json_list_with_named_fields() -> None:
    gov_cn = next(source for source in catalog() if source.id == "gov-cn")
    assert (gov_cn.kind, gov_cn.tier, gov_cn.timezone.key) == (
        Kind.OFFICIAL_CENTRAL,
        Tier.AUTHORITY,
        "Asia/Shanghai",
    )
    assert {feed.method for feed in gov_cn.feeds if feed.use is Use.PRIMARY} == {Method.JSON}
    assert gov_cn.feeds[0].fields is not None
    assert (gov_cn.feeds[0].fields.items, gov_cn.feeds[0].fields.title) == ("$[*]", "TITLE")


@pytest.mark.parametrize("source", catalog(), ids=lambda source: source.id)
def test_a_source_can_be_polled(source: Source) -> None:
    assert any(feed.use is Use.PRIMARY for feed in source.feeds)
    assert (
        len({feed.name for feed in source.feeds})
        == len({feed.url for feed in source.feeds})
        == len(source.feeds)
    )
    assert timedelta(minutes=5) <= source.every <= timedelta(days=1)
    assert source.homepage.startswith("http")
    assert source.languages


def test_nearly_every_source_declares_how_often_it_publishes() -> None:
    declared = [source.rhythm for source in catalog() if source.rhythm is not None]
    assert len(declared) >= 0.95 * len(catalog())
    assert timedelta(days=1) <= min(declared) <= max(declared) <= timedelta(days=30)


LISTS = [
    pytest.param(feed, id=f"{source.id}-{feed.name}")
    for source in catalog()
    for feed in source.feeds
    if feed.method is Method.LISTING
]


@pytest.mark.parametrize("feed", LISTS)
def test_every_selector_of_a_list_is_css(feed: Feed) -> None:
    fields = feed.fields
    assert fields is not None
    asked = (fields.items, fields.title, fields.link, fields.date, fields.summary, fields.content)
    assert [css_problem(selector) for selector in asked] == [""] * len(asked)


def test_a_site_that_disallows_robots_is_read_through_another() -> None:
    pbc = next(source for source in catalog() if source.id == "pbc")
    primary = {urlsplit(feed.url).hostname for feed in pbc.feeds if feed.use is Use.PRIMARY}
    assert primary == {"sousuo.www.gov.cn"}


def test_a_word_never_means_both_a_source_and_a_tag() -> None:
    tags = {tag for source in catalog() for tag in source.tags}
    assert not tags & {source.id for source in catalog()}


def test_a_file_gives_its_kind_to_its_sources() -> None:
    assert [source.kind for source in parse_catalog(ONE, "x.yaml")] == [Kind.CRYPTO_MEDIA]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (ONE.replace("    url:", "    ulr:"), "x.yaml:4:5: sources.0.ulr: unknown key"),
        (
            ONE.replace("    url: https://example.org/feed\n", ""),
            "x.yaml:3:5: sources.0.url: the source has no url",
        ),
        (ONE.replace("crypto-media", "crypto"), "x.yaml:1:1: kind: there is no kind “crypto”"),
    ],
    ids=["unknown key", "no url", "unknown kind"],
)
def test_a_damaged_file_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_catalog(text, "x.yaml")
    assert str(refused.value).startswith(place)

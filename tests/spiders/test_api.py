"""JSON lists whose fields the catalogue names."""

import pytest

from monitor.core.model import ListFields
from spiders.api import NotJsonError, json_list, load_json

FIELDS = ListFields(items="data.list[*]", title="title", link="https://a.cn/{id}", date="time")


def test_items_and_link_templates_behind_a_callback() -> None:
    raws, problem = json_list('china({"data":{"list":[{"id":7,"title":"甲","time":"2026-11-24"}]}})', FIELDS)
    assert problem == ""
    assert [(raw.title, raw.link, raw.dates) for raw in raws] == [("甲", "https://a.cn/7", ("2026-11-24",))]


def test_a_moved_list_is_named() -> None:
    assert json_list('{"rows":[]}', FIELDS) == ([], "empty: no items at the declared place")


def test_a_field_may_have_several_names_and_the_list_the_whole_text() -> None:
    fields = ListFields(items="$[*]", title="title|text", link="url", content="text")
    raws, _ = json_list('[{"title":"","text":"乙","url":"/1"},{"title":"甲","text":"丙","url":"/2"}]', fields)
    assert [(raw.title, raw.content) for raw in raws] == [("乙", "乙"), ("甲", "丙")]


@pytest.mark.parametrize(
    "text",
    ['cb({"a": 1})', ' $.jsonp_1 ( {"a": 1} ) ; \n', '{"a": 1}', 'a.b({"a": 1});'],
    ids=["a callback", "spaces all over", "plain", "a path"],
)
def test_a_callback_is_unwrapped(text: str) -> None:
    assert load_json(text) == {"a": 1}


@pytest.mark.parametrize("text", ["cb(", "cb({}", "cb()", "a(" + " " * 200_000, "a(" + ") " * 100_000 + "x"])
@pytest.mark.timeout(20)
def test_a_callback_that_does_not_end_is_no_json(text: str) -> None:
    with pytest.raises(NotJsonError):
        load_json(text)

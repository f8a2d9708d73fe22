"""JSON lists whose fields the catalogue names."""

from monitor.core.model import ListFields
from spiders.api import json_list

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

"""Long texts leave a feed before it is parsed only where that cannot be told from the rest of it."""

import pytest
from lxml import etree

from spiders.lift import LEAST, without_long_texts

LONG = b"word " * LEAST


@pytest.mark.parametrize(
    ("document", "left"),
    [
        (b"<description><![CDATA[<p>%s</p>]]></description>", b"<description><![CDATA[]]></description>"),
        (
            b"<content:encoded><![CDATA[a]b]]c%s]]></content:encoded>",
            b"<content:encoded><![CDATA[]]></content:encoded>",
        ),
        (b'<summary type="html">&lt;p&gt;%s&#8217;</summary>', b'<summary type="html"></summary>'),
        (b"<content>%s<b>kept</b></content>", b"<content><b>kept</b></content>"),
        (
            b"<!-- <description> --><description>%s</description>",
            b"<!-- <description> --><description></description>",
        ),
    ],
    ids=["a section", "brackets in a section", "escaped markup", "before markup", "behind a comment"],
)
def test_a_long_text_is_taken_out(document: bytes, left: bytes) -> None:
    assert without_long_texts(b"<rss>" + document % LONG + b"</rss>") == b"<rss>" + left + b"</rss>"


@pytest.mark.parametrize(
    "document",
    [
        b"<description>short</description>",
        b"<title>%s</title><guid><![CDATA[%s]]></guid>",
        b"<title><![CDATA[<description>%s<]]></title>",
        b"<!-- <description>%s --><?x <description>%s ?>",
        b"<description />%s",
        b"<description>%s&nbsp;</description>",
        b"<description>%s&#1;</description>",
        b"<description>%s]]></description>",
        b"<descriptions>%s</descriptions>",
    ],
    ids=[
        "short", "titles and guids", "in a title's section", "in a comment, in an instruction",
        "an empty element", "an undefined entity", "no character", "a loose end of a section", "another name",
    ],
)  # fmt: skip
def test_what_may_matter_stays(document: bytes) -> None:
    whole = b"<rss>" + document.replace(b"%s", LONG) + b"</rss>"
    assert without_long_texts(whole) == whole


@pytest.mark.parametrize(
    "document",
    [
        b"<rss><description>\x01</description></rss>",
        "<rss><description>\uffff</description></rss>".encode(),
        b"<rss><description><![CDATA[never ends</description></rss>",
        b"<rss><description>never ends",
        b"<rss><title><![CDATA[never ends</title></rss>",
        b"<rss><!-- never ends</rss>",
        b"<rss><!ELEMENT a></rss>",
    ],
    ids=[
        "a control", "no character", "a section", "a text", "a title's section", "a comment", "a declaration",
    ],
)  # fmt: skip
def test_a_document_that_is_broken_for_sure_is_left_to_others(document: bytes) -> None:
    assert without_long_texts(document) is None
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(document)


def test_many_brackets_cost_no_more_than_their_number() -> None:
    section = b"<description><![CDATA[" + b"]" * 2_000_000 + b"]]></description>"
    assert without_long_texts(section) == b"<description><![CDATA[]]></description>"

"""Who issued a document and under which number, where its page says so."""

import re
from collections.abc import Sequence

from spiders.body import Block
from spiders.metadata import Metadata

_ISSUER = (
    r"(?:发\s*文\s*机\s*[关构]|发\s*布\s*机\s*[关构]|制\s*发\s*机\s*关|发文单位|发布单位|公文主体|"
    r"信息来源|信息提供)"
)
_NUMBER = r"(?:发\s*文\s*字\s*号|发\s*布\s*文\s*号|文\s*件\s*编\s*号|文件号|文\s*号|公文文号)"
_SOURCE = r"(?:文章来源|稿件来源|信息来源|来\s*源)"
_VALUE = r"\s*[\]】]?\s*[:：]\s*(.*)"
_NEXT_LABEL = re.compile(
    r"\s+[\[【]?[\u4e00-\u9fff ]{2,8}[\]】]?\s*[:：]|\s{2,}|\s+(?:19|20)\d\d[-年/.]|\s*[|｜]"
)
# 国发〔2021〕29号; the year's brackets come in six kinds.
_BRACKETED = re.compile(
    r"[\u4e00-\u9fff]{1,12}\s?[〔\[【（(﹝［]\s?(?:19|20)\d{2}\s?[〕\]】）)﹞］]\s?(?:第\s?)?\d{1,5}\s?号"
)
_ORDER = re.compile(
    r"[\u4e00-\u9fff]{0,14}令\s?(?:第\s?\d{1,4}\s?号|[(（]第\s?\d{1,4}\s?号[)）])|第\s?\d{1,4}\s?号令"
)
_CITED = re.compile(r"^(?:根据|按照|依据|依照|关于|印发|附件|废止|修订|转发)")
_HEADER = 12  # blocks at the start of a body in which the document's own number may stand
_LONGEST = 80
_LONGEST_ROW = 400  # characters of a block that may hold labels and their values


def issuer_of(about: Metadata, blocks: Sequence[Block], chosen: str = "") -> str:
    """The issuing body or the source named; "" when the page names none."""
    return (
        _tidy(chosen)
        or labelled(blocks, _ISSUER)
        or _tidy(about.metas.get("contentsource", ""))
        or labelled(blocks, _SOURCE)
        or _tidy(about.metas.get("source", ""))
    )


def document_number_of(
    blocks: Sequence[Block], body: Sequence[Block], *, title: str, chosen: str = ""
) -> str:
    """The document's own number: from its table of particulars, its title or its head; never one it cites."""
    return _tidy(chosen) or labelled(blocks, _NUMBER) or _in_title(title) or _in_head(body)


def labelled(blocks: Sequence[Block], label: str) -> str:
    """The value behind a label ("发文机关：国务院"), in the same block or in the next one."""
    with_value = re.compile(rf"(?:^|[\s\[【|｜]){label}{_VALUE}")
    alone = re.compile(rf"[\[【]?\s*{label}\s*[\]】]?\s*[:：]?")
    for at, block in enumerate(blocks):
        if len(block.text) > _LONGEST_ROW or block.text.isascii():
            continue
        found = with_value.search(block.text)
        if found is not None and _tidy(found[1]):
            return _tidy(found[1])
        if alone.fullmatch(block.text) and at + 1 < len(blocks):
            value = blocks[at + 1].text
            if not re.fullmatch(r"\S{2,8}\s*[:：]", value):
                return _tidy(value)
    return ""


def _tidy(value: str) -> str:
    value = re.sub(rf"^{_SOURCE}\s*[:：]", "", value.strip()[:_LONGEST_ROW])
    value = _NEXT_LABEL.split(value + " ", maxsplit=1)[0].strip(" 　|,，;；:：")
    return value if len(value) <= _LONGEST else ""


def _in_title(title: str) -> str:
    found = _BRACKETED.search(title) or _ORDER.match(title)
    return re.sub(r"\s", "", found.group()) if found else ""


def _in_head(body: Sequence[Block]) -> str:
    for block in body[:_HEADER]:
        found = _BRACKETED.search(block.text) if len(block.text) <= 40 else None
        if found is not None and not _CITED.match(block.text):
            return re.sub(r"\s", "", found.group())
    return ""

"""Bytes to text when header, document and bytes disagree."""

import pytest

from spiders.charset import decode

CHINESE = "<rss><title>中国人民银行发布数字人民币管理办法</title></rss>"
TRADITIONAL = "<rss><title>香港金融管理局發布穩定幣條例</title></rss>"


@pytest.mark.parametrize(
    ("body", "header", "expected"),
    [
        (CHINESE.encode(), "text/xml; charset=gb2312", CHINESE),
        (CHINESE.encode("gbk"), "", CHINESE),
        (CHINESE.encode("gbk"), "text/xml; charset=utf-8", CHINESE),
        (CHINESE.encode("gbk"), "text/xml; charset=iso-8859-1", CHINESE),
        (TRADITIONAL.encode("gb18030"), "text/xml; charset=gb2312", TRADITIONAL),
        (TRADITIONAL.encode("big5"), "", TRADITIONAL),
        (CHINESE.encode("utf-16"), "", CHINESE),
        (CHINESE.encode("utf-16-le"), "", CHINESE),
        ("simulações café".encode("cp1252"), "", "simulações café"),
    ],
    ids=["utf-8 wins", "gbk undeclared", "gbk as utf-8", "gbk as latin-1", "gbk as gb2312", "big5", "bom",
         "no bom", "latin"],
)  # fmt: skip
def test_the_right_text(body: bytes, header: str, expected: str) -> None:
    assert decode(body, header) == expected

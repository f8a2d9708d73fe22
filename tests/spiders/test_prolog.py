"""What stands before the root element is taken away, however long, and never at a cost beyond its length."""

import re
from typing import Any

import pytest

from spiders import prolog
from spiders.prolog import LONGEST, EndlessPrologError, without_prolog
from spiders.settings import DOWNLOAD_MAXSIZE

ROOT = "<rss><channel/></rss>"


@pytest.mark.parametrize(
    "before",
    [
        "",
        '<?xml version="1.0" encoding="gbk"?>\n',
        '<?xml version="1.0">',
        "junk that a server left\n",
        "<!-- made by <b>hand</b> -->",
        "<!DOCTYPE rss>",
        '<!doctype rss PUBLIC "-//N//DTD RSS 0.91//EN" "http://n.example/>.dtd">',
        '<!DOCTYPE rss [<!ENTITY a "]><rss>">\n<!-- it\'s > -->\n<?x "?>]  >',
        "<?xml version='1.0'?><!-- a --><?style x?><!DOCTYPE rss []>",
        "1 < 2 <",
    ],
    ids=[
        "nothing", "a declaration", "a badly closed one", "junk", "a comment with tags", "a document type",
        "an address that closes it", "a subset with everything", "all of them", "less-than signs",
    ],
)  # fmt: skip
def test_the_root_is_left(before: str) -> None:
    assert without_prolog(before + ROOT) == ROOT


def test_a_document_type_further_on_is_text() -> None:
    text = "<rss><title><![CDATA[<!DOCTYPE html>]]></title></rss>"
    assert without_prolog(text) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no XML"),
        ("words", "no XML"),
        (" " * LONGEST + ROOT, "no XML"),
        ("<!DOCTYPE rss [" + ROOT, "document type does not end"),
        ("<!DOCTYPE rss [" + " " * LONGEST + "]>" + ROOT, "document type does not end"),
        ('<!DOCTYPE rss SYSTEM "' + ROOT, '" at its head is never closed'),
        ("<!-- " + ROOT, "<!-- at its head is never closed"),
    ],
    ids=["nothing", "words", "ages of spaces", "open", "too long", "an open quote", "an open comment"],
)
def test_a_prolog_without_end_is_refused(text: str, words: str) -> None:
    with pytest.raises(EndlessPrologError, match=words):
        without_prolog(text)


class Counting(str):
    """A text that counts how many characters are searched in it."""

    __slots__ = ()
    looked_at = 0

    def find(self, sub: str, *span: Any) -> int:
        start, end = span
        found = super().find(sub, start, end)
        Counting.looked_at += max(0, (found if found >= 0 else min(end, len(self))) - start)
        return found


@pytest.mark.parametrize(
    "unit",
    ["<!DOCTYPE[", "<!DOCTYPE", "<!--", "<!", "<?", "<!DOCTYPE a>", "<?a?>", "<!---->", "<", '<!DOCTYPE""'],
)
def test_a_text_at_the_size_limit_is_looked_at_once(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 0

    class Mark:
        """The pattern, with a count of the characters it has passed over."""

        def search(self, text: str, at: int, end: int) -> re.Match[str] | None:
            nonlocal steps
            found = real.search(text, at, end)
            steps += (found.end() if found else end) - at
            return found

    real = prolog._MARK
    monkeypatch.setattr(prolog, "_MARK", Mark())
    monkeypatch.setattr(Counting, "looked_at", 0)
    with pytest.raises(EndlessPrologError):
        without_prolog(Counting(unit * (DOWNLOAD_MAXSIZE // len(unit))))
    assert steps + Counting.looked_at <= 2 * LONGEST

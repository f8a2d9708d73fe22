"""Bytes to text: what the bytes say comes before what anybody declares about them."""

import codecs
import re
from itertools import islice

SAMPLE = 4_000  # non-ASCII characters looked at when judging whether a decoding makes sense
HEAD = 4_096  # bytes in which a document may declare its charset

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Labels mean what browsers make of them (WHATWG Encoding Standard): the superset in real use.
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_cn": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-1": "windows-1252",
    "ascii": "windows-1252",
}
_DECLARED = re.compile(rb"""(?:encoding|charset)\s*=\s*["']?\s*([A-Za-z0-9_.:\-]{2,40})""", re.IGNORECASE)
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_LATIN_DEFAULT = "windows-1252"
_CHINESE = ("gb18030", "big5hkscs")


def decode(body: bytes, content_type: str = "") -> str:
    """Turn a response body into text; never raises.

    Valid UTF-8 is UTF-8 whatever is declared. Otherwise the header's charset, the document's own
    declaration, undeclared GB18030 or Big5 when the outcome reads like Chinese, and windows-1252.
    """
    marked = _by_mark(body)
    if marked is not None:
        return marked
    whole = _utf8(body)
    if whole is not None:
        return whole
    return _legacy(body, _declarations(body, content_type))


def _by_mark(body: bytes) -> str | None:
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(name, "replace")
    if body[:2] == b"<\x00":
        return body.decode("utf-16-le", "replace")
    if body[:2] == b"\x00<":
        return body.decode("utf-16-be", "replace")
    return None


def _utf8(body: bytes) -> str | None:
    """The text when the body is UTF-8, be it cut off inside its last character."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(body, final=False)
    except UnicodeDecodeError:
        return None


def _legacy(body: bytes, declared: tuple[str, ...]) -> str:
    for name in declared:
        text = body.decode(name, "replace")
        if _acceptable(text, body, name):
            return text
    guess = max(_CHINESE, key=lambda name: _chinese_share(body.decode(name, "replace"), name))
    text = body.decode(guess, "replace")
    if _chinese_share(text, guess) >= 0.7 and _few_losses(text):
        return text
    return _latin(body)


def _acceptable(text: str, body: bytes, name: str) -> bool:
    if not _few_losses(text):
        return False
    if name not in _CHINESE:
        return True
    # Pages of Taiwan and Hong Kong labelled gb2312 and the other way round: the better reading wins.
    other = _CHINESE[1 - _CHINESE.index(name)]
    return _chinese_share(text, name) >= _chinese_share(body.decode(other, "replace"), other) - 0.3


def _few_losses(text: str) -> bool:
    """Whether at most one in twenty non-ASCII characters was unreadable (a cut, a stray byte)."""
    lost = text.count("\ufffd")
    return lost == 0 or lost * 20 <= len(_NON_ASCII.findall(text)) or (lost == 1 and text[-1] == "\ufffd")


def _chinese_share(text: str, name: str) -> float:
    """The share of non-ASCII characters that are punctuation or among the few thousand in daily use."""
    sample = [match.group() for match in islice(_NON_ASCII.finditer(text), SAMPLE)]
    if not sample:
        return 0.0
    return sum(_in_daily_use(char, name) for char in sample) / len(sample)


def _in_daily_use(char: str, name: str) -> bool:
    legacy, last = ("gb2312", 0xD7) if name == "gb18030" else ("big5", 0xC6)
    code = char.encode(legacy, "ignore")
    first = 0xB0 if legacy == "gb2312" else 0xA4
    return len(code) == 2 and (0xA1 <= code[0] <= 0xA3 or first <= code[0] <= last)


def _declarations(body: bytes, content_type: str) -> tuple[str, ...]:
    header = _first_label(content_type.encode("ascii", "ignore"))
    document = _first_label(body[:HEAD])
    # Servers send iso-8859-1 as a default nobody chose; without another hint it is what remains in the end.
    order = (document,) if header == _LATIN_DEFAULT else (header, document)
    return tuple(dict.fromkeys(name for name in order if name))


def _first_label(text: bytes) -> str:
    match = _DECLARED.search(text)
    if match is None:
        return ""
    try:
        name = codecs.lookup(match.group(1).decode("ascii")).name
    except LookupError:
        return ""
    name = _SUPERSETS.get(name, name)
    return name if _is_text_codec(name) else ""


def _is_text_codec(name: str) -> bool:
    """Whether the label may decode a legacy body: no UTF-16 (no mark was seen), no Python-only codec."""
    if name.startswith(("utf-16", "utf-32", "utf-7", "idna", "punycode", "unicode", "raw", "undefined")):
        return False
    try:
        b"a".decode(name, "replace")
    except (LookupError, ValueError, TypeError):
        return False
    return True


def _latin(body: bytes) -> str:
    """windows-1252, its five unassigned bytes read as C1 controls like browsers do."""
    try:
        return body.decode(_LATIN_DEFAULT)
    except UnicodeDecodeError:
        return "".join(
            piece.decode(_LATIN_DEFAULT, "ignore") or piece.decode("latin-1")
            for piece in (body[i : i + 1] for i in range(len(body)))
        )

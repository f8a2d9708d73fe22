"""Takes the long texts out of a feed that is read only to tell its items apart."""

import re

LEAST = 64  # bytes; what is shorter costs less to parse than to take out

# No item is known by these elements, whatever namespace they are of.
_OPENING = re.compile(
    rb"<(?:[!?]|(?:description|content(?::encoded)?|summary|encoded|itunes:summary)(?:\s[^<>]*)?(?<!/)>)"
)
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"
_HIDING = ((_CDATA, _CDATA_END), (b"<!--", b"-->"), (b"<?", b"?>"))
_FEW = 16  # brackets looked at one by one
# An ampersand that begins none of the references that are surely right: the five names, and 32 to 9999.
_DOUBTFUL = re.compile(rb"&(?!lt;|gt;|amp;|quot;|apos;|#3[2-9];|#[4-9]\d;|#[1-9]\d{2,3};)")
# Characters that XML forbids, as UTF-8 writes them; one byte is found far faster by itself.
_CONTROLS = tuple(bytes([code]) for code in range(0x20) if code not in (0x09, 0x0A, 0x0D))
_NO_CHARACTERS = re.compile(rb"\xef\xbf[\xbe\xbf]")


def without_long_texts(document: bytes) -> bytes | None:
    """The same document with its descriptions and contents empty; None when that cannot be had safely.

    `document` is valid UTF-8 that begins with its root. What is left is well-formed just when the whole is: a
    text is taken out only where it is sure to be one, and holds nothing that XML forbids; what looks like one
    inside a comment, an instruction or another element's CDATA section stays.
    """
    if any(control in document for control in _CONTROLS) or _NO_CHARACTERS.search(document):
        return None
    kept: list[bytes] = []
    kept_to = at = 0
    while opening := _OPENING.search(document, at):
        start, at = _text(document, opening)
        if at < 0:
            return None
        if at - start >= LEAST:
            kept.append(document[kept_to:start])
            kept_to = at
    kept.append(document[kept_to:])
    return b"".join(kept)


def _text(document: bytes, opening: re.Match[bytes]) -> tuple[int, int]:
    """From where to where a text may be taken out; the end is -1 where nothing behind is sure any more."""
    start = opening.end()
    if document.startswith(_CDATA, start):
        start += len(_CDATA)
        return start, _end_of_section(document, start)
    if start - opening.start() > len("<!"):
        end = document.find(b"<", start)
        return start if end - start < LEAST or _is_sound(document, start, end) else end, end
    end = _end_of_hidden(document, opening.start())
    return end, end


def _end_of_hidden(document: bytes, at: int) -> int:
    """The end of what begins here and may hold anything: a section, a comment, an instruction; else -1."""
    for opener, closer in _HIDING:
        if document.startswith(opener, at):
            return document.find(closer, at + len(opener))
    return -1


def _end_of_section(document: bytes, at: int) -> int:
    """Like `find(b"]]>")`, but one byte is found several times faster than three, where it is rare."""
    for _ in range(_FEW):
        at = document.find(b"]", at)
        if at < 0 or document.startswith(_CDATA_END, at):
            return at
        at += 1
    return document.find(_CDATA_END, at)


def _is_sound(document: bytes, start: int, end: int) -> bool:
    """Whether all that XML asks of a text between two tags holds of this one."""
    if document.find(b"]", start, end) >= 0 and document.find(_CDATA_END, start, end) >= 0:
        return False
    return _DOUBTFUL.search(document, start, end) is None

"""What stands before the root of an XML text, taken away: its declaration, its document type, comments."""

import re

LONGEST = 65_536  # characters of a prolog; one that goes on longer is nothing a feed has

_ROOT = re.compile(r"[A-Za-z_]")
_DOCTYPE = "<!doctype"
_CLOSERS = {"<!--": "-->", "<?": "?>", '"': '"', "'": "'"}
_MARK = re.compile(r"""<!--|<\?|["'\[\]>]""")


class EndlessPrologError(ValueError):
    """No element begins within `LONGEST`; `str()` says why in words."""


def without_prolog(text: str) -> str:
    """The text from its root on, so that no entity is ever defined. Raises EndlessPrologError."""
    return text[root_at(text) :]


def root_at(text: str, start: int = 0) -> int:
    """Where in the text, looked at from `start` on, its root begins. Raises EndlessPrologError.

    Every character is looked at once or twice, however hostile the text: a step always goes forward.
    """
    limit = start + LONGEST
    at = text.find("<", start, limit)
    while at >= 0:
        if _ROOT.match(text, at + 1):
            return at
        at = text.find("<", _after(text, at, limit), limit)
    raise EndlessPrologError("no XML")


def _after(text: str, at: int, limit: int) -> int:
    """Where what begins at this `<` is over."""
    if text.startswith("<!--", at):
        return _close(text, at, "<!--", limit)
    if text.startswith("<?", at):
        return _close(text, at, "<?", limit, ">")  # some write <?xml version="1.0">
    if text[at : at + len(_DOCTYPE)].lower() == _DOCTYPE:
        return _end_of_doctype(text, at + len(_DOCTYPE), limit)
    return at + 1


def _end_of_doctype(text: str, at: int, limit: int) -> int:
    """Behind its `>`, which may also stand in quotes, in comments and in the subset between brackets."""
    in_subset = False
    while mark := _MARK.search(text, at, limit):
        at = mark.end()
        if mark[0] in _CLOSERS:
            at = _close(text, mark.start(), mark[0], limit)
        elif mark[0] != ">":
            in_subset = mark[0] == "["
        elif not in_subset:
            return at
    raise EndlessPrologError("its document type does not end")


def _close(text: str, at: int, opener: str, limit: int, closer: str = "") -> int:
    closer = closer or _CLOSERS[opener]
    end = text.find(closer, at + len(opener), limit)
    if end < 0:
        raise EndlessPrologError(f"{opener} at its head is never closed")
    return end + len(closer)

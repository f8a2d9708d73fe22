"""Cut a text, English or Chinese, into its sentences, each a span of the text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

LONGEST = 600  # characters; a quotation that is not closed by then was never closed

_OPENING, _CLOSING = "“「『（《", "”」』）》"
_NOT_INCHES = re.compile(r'(?<!\d)"')
_STOP = re.compile(r"[。！？!?…]+|\.(?=[\s”’\"')）」』\]]|$)|(?<=[㐀-鿿])\.(?=[㐀-鿿])|\n", re.MULTILINE)
_TAIL = re.compile(r"[”’\"'」』）)\]]*")
_FOLLOWING = re.compile(r"\s*[“\"‘'(\[]*([^\W_]*)")
_LAST_WORD = re.compile(r"[A-Za-z.]+$")
_LIST_NUMBER = re.compile(r"\s*(?:\d{1,3}|[一二三四五六七八九十]{1,3})")

_ABBREVIATIONS = re.compile(
    r"mrs?|ms|dr|prof|gen|sen|rep|gov|st|vs|etc|inc|ltd|co|corp|bros|dept|est|approx|vol|art|para|sec|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|e\.g|i\.e|a\.m|p\.m|fig|cf|al",
    re.IGNORECASE,
)
# "the U.S. The bill" ends a sentence, "the U.S. Treasury" does not: the next word decides.
_STARTERS = re.compile(
    r"The|An?|In|Its?|He|She|They|We|But|And|This|That|These|On|At|However|For|While|When|As|If"
)

_SAYS = re.compile(
    r"说|說|表示|[称稱](?![为為号號])|指出|认为|認為|坦言|直言|强调|強調|透露|告诉|告訴|解释|解釋|回应|回應|感叹|写道|"
    r"问(?!题)|問(?!題)"
)
_CLAUSE = re.compile(r"[^。！？!?；;\n“”「」『』\"]{0,25}")

# A line that ends so goes on: a menu's "Sign in" does too, but is shorter than a line of prose.
_UNFINISHED = re.compile(
    r"(?:[,，、-]|\b(?:the|an?|of|to|and|or|on|in|for|with|by|at|from|that|which|said|as|is|are|was|were|"
    r"will|would|has|have|had|its|their|his|her|this|than|into|over|under|about|between))$"
)
_LEAST_PROSE = 20  # characters of a line
_FIRST_WORD = re.compile(r"[㐀-鿿]|[^\s㐀-鿿]{1,40}")
_LIST_ITEM = re.compile(
    r"\s*(?:[-–•·*|■●▲◆【]|[（(]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[.、)）]|第.{1,4}条|[（(\[]\d|\d{1,4}[-:/])"
)
# Mails and plain-text feeds wrap at 72–80 Latin or some 40 Chinese characters; a paragraph is longer, an
# entry of a menu shorter.
_NARROWEST, _WIDEST = 24, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A span of the source: text == source[start:end]."""

    text: str
    start: int
    end: int


def split_sentences(text: str) -> tuple[Sentence, ...]:
    """Cut a text, English or Chinese, into sentences without their surrounding white space.

    A closing quotation mark stays with its sentence, the sentences of one quotation stay together, and a
    Chinese quotation keeps the speaker named behind it; abbreviations, initials and numbers end nothing. A
    line that ends without a stop is a piece of its own, unless the line was only wrapped there.
    """
    return tuple(trimmed(text, start, end) for start, end in _spans(text) if text[start:end].strip())


def trimmed(text: str, start: int, end: int) -> Sentence:
    """The span without the white space around it."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    piece = piece.strip()
    return Sentence(text=piece, start=start, end=start + len(piece))


def is_finished(text: str) -> bool:
    """Whether a piece ends as a sentence does; a heading has no stop, and a cut-off text none or dots."""
    bare = text.rstrip("”’\"'」』）)]")
    return bare.endswith(("。", "！", "？", "!", "?", ".")) and not bare.endswith("..")


def has_half_a_quotation(text: str) -> bool:
    """Whether a straight quotation mark is without its other half; 27" is a screen."""
    return text.count('"') % 2 == 1 and len(_NOT_INCHES.findall(text)) % 2 == 1


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    width = _wrapped_at(text)
    for stop in _STOP.finditer(text):
        end = _after_closing_marks(text, stop)
        if _ends_here(text, start, stop, end, width):
            yield start, end
            start = end
    yield start, len(text)


def _after_closing_marks(text: str, stop: re.Match[str]) -> int:
    if stop.group() == "\n":
        return stop.end()
    tail = _TAIL.match(text, stop.end())
    return tail.end() if tail else stop.end()


def _ends_here(text: str, start: int, stop: re.Match[str], end: int, width: int) -> bool:
    if stop.group() == "\n":
        return not _goes_on(text, stop.start(), width)
    piece = text[max(start, end - LONGEST - 1) : end]
    if _inside_quotation(piece):
        return False
    if stop.group() == ".":
        return _full_stop(text, start, stop.start(), end)
    if _speaker_follows(text, piece, end):
        return False
    # "Really?!" he asked: a Latin sentence goes on in lower case.
    return not _next_word(text, end)[:1].islower()


# ── line breaks ──


def _goes_on(text: str, newline: int, width: int) -> bool:
    """Whether a line break is only where a mail or a feed wrapped its lines."""
    line = text[max(text.rfind("\n", 0, newline) + 1, newline - _WIDEST - 1) : newline].strip()
    ahead = text[newline + 1 : newline + 60]
    following = ahead.split("\n", 1)[0]
    if not line or not following.strip() or _LIST_ITEM.match(following):
        return False
    if following[:1].islower() and (line[-1].isalnum() or line[-1] in ")%”’\"'"):
        return True
    if len(line) >= _LEAST_PROSE and _UNFINISHED.search(line):
        return not _STARTERS.fullmatch(_next_word(text, newline))  # "says that the" / "The pilot": cut off
    return _is_full(line, following, width)


def _wrapped_at(text: str) -> int:
    """The width a text was wrapped at, in characters; 0 when its lines are paragraphs.

    Wrapping fills a line until the next word has no room, so most lines that another one follows are full.
    """
    lines = [line.strip() for line in text.split("\n")]
    followed = [(line, following) for line, following in pairwise(lines) if line and following]
    narrow = [pair for pair in followed if len(pair[0]) <= _WIDEST]
    if len(narrow) < 3 or len(narrow) < 0.8 * len(followed):
        return 0
    width = max(len(line) for line, _ in narrow)
    full = sum(
        _is_full(line, following, width) and not _LIST_ITEM.match(following) for line, following in narrow
    )
    return width if width >= _NARROWEST and full >= 0.6 * len(narrow) else 0


def _is_full(line: str, following: str, width: int) -> bool:
    word = _FIRST_WORD.search(following)
    return (
        bool(width) and word is not None and width - 1 <= len(line) + len(word.group()) and len(line) <= width
    )


# ── stops ──


def _inside_quotation(piece: str) -> bool:
    # A mark that was never closed must not swallow the page.
    if len(piece) > LONGEST:
        return False
    if has_half_a_quotation(piece):
        return True
    return sum(map(piece.count, _OPENING)) > sum(map(piece.count, _CLOSING))


def _speaker_follows(text: str, piece: str, end: int) -> bool:
    """Whether a quotation that nobody introduced ends here and the words behind it say whose it is."""
    if len(piece) > LONGEST or piece[-1] not in '”」』"':
        return False
    introduction = re.split('[“「『"]', piece, maxsplit=1)[0]
    behind = _CLAUSE.match(text, end)
    return not _SAYS.search(introduction) and behind is not None and bool(_SAYS.search(behind.group()))


def _full_stop(text: str, start: int, stop: int, end: int) -> bool:
    following = _next_word(text, end)
    if following[:1].islower():
        return False
    before = text[max(start, stop - 20) : stop]
    word = found.group() if (found := _LAST_WORD.search(before)) else ""
    if word.casefold() in ("no", "nos"):
        return not following[:1].isdigit()
    if _ABBREVIATIONS.fullmatch(word) or _is_initial(word):
        return not following or _STARTERS.fullmatch(following) is not None
    return not _LIST_NUMBER.fullmatch(before)


def _is_initial(word: str) -> bool:
    """J. · U.S. · Ph.D."""
    last = word.rsplit(".", 1)[-1]
    return len(last) == 1 and last.isupper()


def _next_word(text: str, at: int) -> str:
    found = _FOLLOWING.match(text, at)
    return found.group(1) if found else ""

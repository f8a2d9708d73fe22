"""Choose the two or three sentences of a report that tell what happened, in the report's own words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.core.model import Article, Verdict

# News says what matters first; the cap keeps a page of any size to milliseconds.
_READ = 20_000
_ROOM_LATIN, _ROOM_CHINESE = 600, 300  # characters of a whole summary
_SHORTEST_LATIN, _SHORTEST_CHINESE = 25, 8  # a shorter "sentence" is a heading or an exclamation

_OPENING, _CLOSING = "“「『（", "”」』）"
_STOP = re.compile(r"[。！？!?…]+|\.(?=[\s”’\"')）」』\]]|$)|\n", re.MULTILINE)
_TAIL = re.compile(r"[”’\"'」』）)\]]*")
_FOLLOWING = re.compile(r"\s*[“\"‘'(\[]*([^\W_]*)")
_LAST_WORD = re.compile(r"[A-Za-z.]+$")
_LIST_NUMBER = re.compile(r"(?:^|\n)\s*\d{1,3}$")
_CJK = re.compile(r"[㐀-鿿]")

_ABBREVIATIONS = re.compile(
    r"mrs?|ms|dr|prof|gen|sen|rep|gov|st|vs|etc|inc|ltd|co|corp|bros|dept|est|approx|vol|art|para|sec|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|e\.g|i\.e|a\.m|p\.m|fig|cf|al",
    re.IGNORECASE,
)
# "the U.S. The bill" ends a sentence, "the U.S. Treasury" does not: the next word decides.
_STARTERS = re.compile(
    r"The|An?|In|Its?|He|She|They|We|But|And|This|That|These|On|At|However|For|While|When|As|If"
)

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]{0,6}\.?"
_AGENCY = r"\([A-Z][\w .&/'-]{1,40}\)"
_DATELINES = tuple(
    re.compile(pattern)
    for pattern in (
        r"[-–•·*|■●▲◆\s]+(?=\S)",  # a list's or a table's mark
        # 新华社北京11月24日电 （记者张三、李四） · 财联社11月24日讯， · 本报讯
        r"[（(【\[]?[㐀-鿿]{0,24}(?:\d{4}年)?\d{1,2}月\d{1,2}日(?:专?电|讯|消息)[】）)\]]?[，,：:\s]*",
        r"[（(【\[]?(?:本报|本网|新华社|中新社|财联社|央视网)(?:快)?[电讯](?:消息)?[】）)\]]?[，,：:\s]*",
        r"[（(]\s*(?:[㐀-鿿]{0,8})(?:记者|作者|通讯员)[^（()）]{0,60}[）)]\s*",
        # BEIJING, Nov. 24 (Xinhua) -- · HONG KONG (Reuters) - · BEIJING — · (Reuters) -
        rf"[A-Z][A-Za-z'. -]{{1,30}}(?:, ?[A-Z][A-Za-z.]{{1,15}})?,? {_MONTH} \d{{1,2}}(?:, ?\d{{4}})?"
        rf"(?: ?{_AGENCY})? ?(?:--|—|–|-) ?",
        rf"(?:[A-Z][A-Za-z'. -]{{1,30}}(?:, ?[A-Z][A-Za-z.]{{1,15}})? )?{_AGENCY} ?(?:--|—|–|-) ",
        r"[A-Z][A-Z'. -]{2,30} ?(?:--|—|–) ?",
    )
)
_CREDIT = re.compile(
    r"\s*[（(【\[]?\s*(?:"
    r"(?:本报|本网)?(?:记者|作者|来源|文章来源|信息来源|稿件来源|编辑|责任编辑|责编|校对|供稿|摄影|原标题|"
    r"发布时间|发布日期|时间|日期|字号|打印|分享|编译|审核)\s*[:：丨|]"
    r"|(?:Editors?|Edited by|Reporting by|Writing by|Sources?|Updated|Published|Posted|Photo|Image|"
    r"Author|Written by)\s*:"
    r"|(?:Edited|Reporting|Additional reporting|Writing) by "
    r"|By [A-Z][\w.'-]+(?: [A-Z][\w.'-]+){0,3}(?:,[^.]{0,60})?\s*$"
    r"|Copyright\b|©|All rights reserved"
    r"|Read (?:more|our)\b|We may (?:earn|receive)\b|Subscribe\b|Sign up\b|Click here\b|版权所有|点击"
    r"|图[为：:]|资料图)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A span of the source: text == source[start:end]."""

    text: str
    start: int
    end: int


def summarise(
    text: str, *, title: str, language: str, terms: Sequence[str] = (), most: int = 3
) -> tuple[Sentence, ...]:
    """Pick up to `most` whole sentences, in their own order; () when no sentence fits.

    The lead is preferred, and sentences that hold `terms` (the words that made the report relevant).
    Datelines, bylines and the repeated title are left out. About 600 Latin or 300 Chinese characters at most;
    `language` is an ISO 639-1 code, "" lets the script decide.
    """
    source = text[:_READ]
    chinese = language.startswith("zh") if language else _mostly_chinese(source)
    shortest, room = (_SHORTEST_CHINESE, _ROOM_CHINESE) if chinese else (_SHORTEST_LATIN, _ROOM_LATIN)
    candidates = [s for s in _candidates(source, title) if shortest <= len(s.text) <= room]
    wanted = tuple(dict.fromkeys(term.casefold() for term in terms if term.strip()))
    ranked = sorted(range(len(candidates)), key=lambda at: (-_worth(candidates[at], at, wanted), at))
    return tuple(candidates[at] for at in sorted(_fill(ranked, candidates, most, room)))


def summary_of(article: Article, verdict: Verdict) -> str:
    """Two or three sentences of the article's text, those with the words that made it relevant preferred;
    "" when none fits."""
    terms = tuple(match.text for hit in verdict.hits for match in hit.matches)
    for text in (article.body, article.summary):
        sentences = summarise(text, title=article.title, language=article.language, terms=terms)
        if words := _joined([sentence.text for sentence in sentences]):
            return words
    return ""


def _joined(sentences: list[str]) -> str:
    # Chinese sets no space between sentences.
    words = ""
    for sentence in sentences:
        gap = "" if not words or words[-1] in "。！？”」』）" else " "
        words += gap + sentence
    return words


def split_sentences(text: str) -> tuple[Sentence, ...]:
    """Cut a text, English or Chinese, into sentences without their surrounding white space.

    A closing quotation mark stays with its sentence, and the sentences of one quotation stay together;
    abbreviations, initials and numbers end nothing. A line that ends without a stop is a piece of its own.
    """
    return tuple(_trimmed(text, start, end) for start, end in _spans(text) if text[start:end].strip())


def _fill(ranked: list[int], candidates: list[Sentence], most: int, room: int) -> list[int]:
    chosen: list[int] = []
    for at in ranked:
        if len(chosen) == most:
            break
        if len(candidates[at].text) <= room:
            chosen.append(at)
            room -= len(candidates[at].text)
    return chosen


def _worth(sentence: Sentence, position: int, wanted: tuple[str, ...]) -> float:
    folded = sentence.text.casefold()
    found = sum(1 for term in wanted if term in folded)
    return 2 / (1 + position / 3) + min(found, 3)


def _candidates(source: str, title: str) -> Iterator[Sentence]:
    known = _bare(title)
    seen: set[str] = set()
    for whole in split_sentences(source):
        if not _finished(whole.text) or _CREDIT.match(whole.text):
            continue
        sentence = _without_dateline(source, whole)
        bare = _bare(sentence.text)
        if bare and bare not in seen and not _repeats(bare, known):
            seen.add(bare)
            yield sentence


def _finished(text: str) -> bool:
    # A cut-off text ends without a stop or in dots: that piece is not a whole sentence, nor is a heading.
    bare = text.rstrip("”’\"'」』）)]")
    return bare.endswith(("。", "！", "？", "!", "?", ".")) and not bare.endswith("..")


def _repeats(sentence: str, title: str) -> bool:
    if not title:
        return False
    return sentence in title or (title in sentence and len(title) >= 0.7 * len(sentence))


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _without_dateline(source: str, sentence: Sentence) -> Sentence:
    start = sentence.start
    for dateline in _DATELINES:
        if found := dateline.match(source, start, sentence.end):
            start = found.end()
    return _trimmed(source, start, sentence.end)


def _trimmed(text: str, start: int, end: int) -> Sentence:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    piece = piece.strip()
    return Sentence(text=piece, start=start, end=start + len(piece))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for stop in _STOP.finditer(text):
        end = _after_closing_marks(text, stop)
        if _ends_here(text, start, stop, end):
            yield start, end
            start = end
    yield start, len(text)


def _after_closing_marks(text: str, stop: re.Match[str]) -> int:
    if stop.group() == "\n":
        return stop.end()
    tail = _TAIL.match(text, stop.end())
    return tail.end() if tail else stop.end()


def _ends_here(text: str, start: int, stop: re.Match[str], end: int) -> bool:
    if stop.group() == "\n":
        return not _wrapped(text, stop.start())
    if _inside_quotation(text[start:end]):
        return False
    if stop.group() == ".":
        return _full_stop(text, stop.start(), end)
    # "Really?!" he asked: a Latin sentence goes on in lower case.
    return not _next_word(text, end)[:1].islower()


def _wrapped(text: str, newline: int) -> bool:
    """Whether a line break is only where a mail or a feed wrapped its lines."""
    return text[newline + 1 : newline + 2].islower() and text[newline - 1 : newline].isalpha()


def _inside_quotation(piece: str) -> bool:
    # A mark that was never closed must not swallow the page.
    if len(piece) > _ROOM_LATIN:
        return False
    return sum(map(piece.count, _OPENING)) > sum(map(piece.count, _CLOSING))


def _full_stop(text: str, stop: int, end: int) -> bool:
    following = _next_word(text, end)
    if following[:1].islower():
        return False
    before = text[max(0, stop - 20) : stop]
    word = found.group() if (found := _LAST_WORD.search(before)) else ""
    if word.casefold() in ("no", "nos"):
        return not following[:1].isdigit()
    if _ABBREVIATIONS.fullmatch(word) or _is_initial(word):
        return not following or _STARTERS.fullmatch(following) is not None
    return not _LIST_NUMBER.search(before)


def _is_initial(word: str) -> bool:
    """J. · U.S. · Ph.D."""
    last = word.rsplit(".", 1)[-1]
    return len(last) == 1 and last.isupper()


def _next_word(text: str, at: int) -> str:
    found = _FOLLOWING.match(text, at)
    return found.group(1) if found else ""


def _mostly_chinese(text: str) -> bool:
    return len(_CJK.findall(text)) * 4 > len(text)

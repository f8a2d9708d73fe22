"""Choose the two or three sentences of a report that tell what happened, in the report's own words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.core.bylines import is_boilerplate, is_photo_credit, opening_of
from monitor.core.model import Article, Verdict
from monitor.core.sentences import Sentence, has_half_a_quotation, is_finished, split_sentences, trimmed

# News says what matters first; the cap keeps a page of any size to milliseconds.
_READ = 20_000
_LISTED = 1.0  # what an entry of a list loses: the sentence that introduces the list tells more
_ALIKE = 0.8  # share of common words from which a sentence says no more than the title

_CJK = re.compile(r"[㐀-鿿]")
_WORD = re.compile(r"[㐀-鿿]|[^\W_㐀-鿿]+")
_FIRST_WORD = re.compile(r"[A-Za-z][\w-]*")
_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|『[^』]*』|\"[^\"]*\"")
_LINE_BREAK = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Script:
    """How long things are in a script, in characters."""

    shortest: int  # a shorter "sentence" is a heading or an exclamation
    entry: int  # a shorter entry of a list is a heading too
    heading: int  # a longer line without a stop is no heading but a sentence cut in two
    room: int  # of a whole summary


_LATIN = _Script(shortest=25, entry=40, heading=100, room=600)
_CHINESE = _Script(shortest=8, entry=15, heading=50, room=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    sentence: Sentence
    listed: bool


def summarise(
    text: str, *, title: str, language: str, terms: Sequence[str] = (), most: int = 3
) -> tuple[Sentence, ...]:
    """Pick up to `most` whole sentences, in their own order; () when no sentence fits.

    The lead is preferred, and sentences that hold `terms` (the words that made the report relevant).
    Datelines, bylines, boilerplate, questions, quotations without their speaker and the repeated title are
    left out. About 600 Latin or 300 Chinese characters at most; `language` is an ISO 639-1 code, "" lets the
    script decide.
    """
    script = _script_of(text, language)
    candidates = [c for c in _candidates(text[:_READ], title, script) if len(c.sentence.text) <= script.room]
    wanted = tuple(dict.fromkeys(term.casefold() for term in terms if term.strip()))
    ranked = sorted(range(len(candidates)), key=lambda at: (-_worth(candidates[at], at, wanted), at))
    return tuple(candidates[at].sentence for at in sorted(_fill(ranked, candidates, most, script.room)))


def summary_of(article: Article, verdict: Verdict) -> str:
    """Two or three sentences of the article's text, those with the words that made it relevant preferred.

    Where the text opens with a sentence too long to show, the feed's summary goes first; "" when none fits.
    """
    terms = tuple(match.text for hit in verdict.hits for match in hit.matches)
    texts = (article.body, article.summary)
    if article.summary and _lead_is_too_long(article):
        texts = (article.summary, article.body)
    for text in texts:
        sentences = summarise(text, title=article.title, language=article.language, terms=terms)
        if words := _joined([sentence.text for sentence in sentences]):
            return words
    return ""


def _lead_is_too_long(article: Article) -> bool:
    script = _script_of(article.body, article.language)
    lead = next(_candidates(article.body[:_READ], article.title, script), None)
    return lead is not None and len(lead.sentence.text) > script.room


def _joined(sentences: list[str]) -> str:
    # Chinese sets no space between sentences, and none where a line was wrapped.
    words = ""
    for sentence in sentences:
        gap = "" if not words or words[-1] in "。！？”」』）" else " "
        words += gap + _LINE_BREAK.sub(_unwrapped, sentence)
    return words


def _unwrapped(line_break: re.Match[str]) -> str:
    before, behind = line_break.string[line_break.start() - 1], line_break.string[line_break.end()]
    return "" if before == "-" or ord(before) >= 0x3000 or ord(behind) >= 0x3000 else " "


def _fill(ranked: list[int], candidates: list[_Candidate], most: int, room: int) -> list[int]:
    chosen: list[int] = []
    for at in ranked:
        if len(chosen) == most:
            break
        length = len(candidates[at].sentence.text)
        if length <= room:
            chosen.append(at)
            room -= length
    return chosen


def _worth(candidate: _Candidate, position: int, wanted: tuple[str, ...]) -> float:
    folded = candidate.sentence.text.casefold()
    found = sum(1 for term in wanted if _holds(folded, term))
    return 2 / (1 + position / 3) + min(found, 3) - (_LISTED if candidate.listed else 0)


def _holds(text: str, term: str) -> bool:
    """Whether a text holds a term as a word of its own: "ai" is not in "said", 数据 is in 大数据."""
    at = text.find(term)
    while at >= 0:
        end = at + len(term)
        if not (_one_word(text[max(0, at - 1) : at], term[0]) or _one_word(term[-1], text[end : end + 1])):
            return True
        at = text.find(term, end)
    return False


def _one_word(before: str, behind: str) -> bool:
    return all(mark.isascii() and mark.isalnum() for mark in (before, behind))


# ── which sentences may be shown ──


def _candidates(source: str, title: str, script: _Script) -> Iterator[_Candidate]:
    """The sentences that tell news; one too long to show is among them."""
    seen: set[str] = set()
    for whole in _whole_sentences(source, script):
        opening = opening_of(source, whole.start, whole.end, title)
        sentence = trimmed(source, opening.at, whole.end)
        least = script.entry if opening.listed else script.shortest
        bare = _bare(sentence.text)
        if len(sentence.text) < least or bare in seen or _tells_nothing(sentence.text, title, script):
            continue
        seen.add(bare)
        yield _Candidate(sentence=sentence, listed=opening.listed)


def _whole_sentences(source: str, script: _Script) -> Iterator[Sentence]:
    pieces = split_sentences(source)
    for at, piece in enumerate(pieces):
        if len(piece.text) < script.shortest or not is_finished(piece.text):
            continue
        if at and _continues(source, pieces[at - 1], piece, script):
            continue
        if at + 1 < len(pieces) and _is_caption(source, piece, pieces[at + 1]):
            continue
        yield piece


def _continues(source: str, previous: Sentence, piece: Sentence, script: _Script) -> bool:
    """Whether a piece is the second half of a sentence, or the last entry of a list that is one sentence."""
    if is_finished(previous.text) or source[previous.end : piece.start].count("\n") > 1:
        return False
    if previous.text[-1] in "；;，,、":
        return True
    word = _FIRST_WORD.match(piece.text)
    if word and word.group().islower():
        return True
    return len(previous.text) > script.heading and previous.text[-1].isalnum()


def _is_caption(source: str, piece: Sentence, following: Sentence) -> bool:
    return "\n" not in source[piece.end : following.start] and is_photo_credit(following.text)


def _tells_nothing(text: str, title: str, script: _Script) -> bool:
    if len(text) > script.room:
        return False
    return is_boilerplate(text) or _lacks_a_speaker(text) or _repeats(text, title)


def _lacks_a_speaker(text: str) -> bool:
    """Whether a sentence is nothing but a quotation, or half of one: an opinion would read as a fact."""
    if text.count("“") != text.count("”") or has_half_a_quotation(text):
        return True
    return not any(map(str.isalnum, _QUOTED.sub("", text)))


def _repeats(sentence: str, title: str) -> bool:
    told, known = _bare(sentence), _bare(title)
    if not known:
        return False
    if told in known or (known in told and len(known) >= 0.7 * len(told)):
        return True
    words, of_title = set(_WORD.findall(sentence.casefold())), set(_WORD.findall(title.casefold()))
    return len(words & of_title) >= _ALIKE * len(words | of_title)


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _script_of(text: str, language: str) -> _Script:
    text = text[:_READ]
    chinese = language.startswith("zh") if language else len(_CJK.findall(text)) * 4 > len(text)
    return _CHINESE if chinese else _LATIN

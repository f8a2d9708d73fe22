"""Folds text into the one spelling that terms and articles meet in, and keeps the way back."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate

from opencc import OpenCC

# What folding leaves alone, so that ordinary English and Chinese skip the slow path: ASCII from the space on
# (controls are looked at), Chinese punctuation, kana, the unified ideographs and Hangul.
_SUSPECT = re.compile(
    "[^ -~\n·…、。《》〈〉「」『』【】〔〕，：；！？（）％"
    "\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]"
)
_HAN_RUN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_SPACES = re.compile(" {2,}")
_WRAP = re.compile("\n(?<!\n\n)(?!\n)")  # the newline first: the search then leaps from one to the next
_MIXED_WORD = re.compile("[a-z\u0370-\u03ff\u0430-\u045f\u04cf]+")
_OTHER_LETTERS = re.compile("[\u0370-\u03ff\u0430-\u045f\u04cf]")
_LATIN = re.compile("[a-z]")

_PLAIN = str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹘﹣－⁃", "-") | dict.fromkeys("‘’‚‛`´ʼ′", "'") | dict.fromkeys("“”„‟″", '"')
)
# Cyrillic and Greek small letters that pass for Latin ones (the upper-case resemblance counts too: в, н).
_LOOK_ALIKE = str.maketrans("авекмнорстухіјѕԁһαβεηικνορτυχ", "abekmhopctyxijsdhabenikvoptux")
_MOST_ROUNDS = 4
_FEW = 12  # exchanges up to which `replace` is faster than `translate` (measured on 500–2,000 characters)
_LONGEST_WORD = 8  # characters of the vocabulary that a cut may fall into


@dataclass(frozen=True, slots=True)
class _Edits:
    """One rewriting of a text: where pieces of another length were put, in order."""

    new_starts: tuple[int, ...]
    new_ends: tuple[int, ...]
    old_starts: tuple[int, ...]
    old_ends: tuple[int, ...]

    def start_before(self, start: int) -> int:
        k = bisect_right(self.new_starts, start) - 1
        if k < 0:
            return start
        return self.old_starts[k] if start < self.new_ends[k] else self.old_ends[k] + start - self.new_ends[k]

    def end_before(self, end: int) -> int:
        k = bisect_right(self.new_starts, end - 1) - 1
        if k < 0:
            return end
        return self.old_ends[k] if end <= self.new_ends[k] else self.old_ends[k] + end - self.new_ends[k]


@dataclass(frozen=True, slots=True)
class Normalised:
    """A folded text that remembers where each of its characters came from."""

    text: str
    edits: tuple[_Edits, ...] = ()  # empty: every character stayed at its place

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Offsets into the text as it was given, for the non-empty span [start, end) of `text`."""
        for edits in reversed(self.edits):
            start, end = edits.start_before(start), edits.end_before(end)
        return start, end


def normalise(text: str) -> Normalised:
    """Fold case, width, accents, dashes, quotes, look-alike letters and the two Chinese scripts.

    What cannot be seen is dropped. A text with traditional characters takes on the characters and the
    vocabulary of the mainland (OpenCC `tw2sp`). Folding twice changes nothing.
    """
    stages: list[_Edits] = []
    text = _fold_characters(text, stages).lower()
    text = _fold_space(text, stages)
    if text.isascii():
        return Normalised(text, tuple(stages))
    if _OTHER_LETTERS.search(text):
        text = _MIXED_WORD.sub(_unmask, text)
    return Normalised(_fold_scripts(text, stages), tuple(stages))


def strip_invisible(text: str) -> str:
    """Drop what cannot be seen but deceives: zero-width, bidirectional, tag and control characters."""
    return _INVISIBLE.sub("", text)


def keep_case(text: str) -> str:
    """Fold width, dashes and the invisible but not case, for terms that insist on their capitals."""
    return unicodedata.normalize("NFKC", strip_invisible(text)).translate(_PLAIN)


@lru_cache(maxsize=4096)
def _fold_character(char: str) -> str:
    if char in "\t\r":
        return " "
    if unicodedata.category(char) == "Cs":  # a lone surrogate cannot be encoded for OpenCC
        return "\ufffd"
    folded, before = char, ""
    while folded != before:
        before = folded
        kept = "".join(c for c in unicodedata.normalize("NFKD", folded) if not _unseen(c))
        folded = kept.casefold().translate(_PLAIN)
    return folded


def _unseen(char: str) -> bool:
    # Combining marks go too: é meets e, and Zalgo text becomes readable.
    return unicodedata.category(char) in {"Mn", "Me", "Cf", "Cc"} or _INVISIBLE.match(char) is not None


def _fold_characters(text: str, stages: list[_Edits]) -> str:
    if text.isascii() and text.isprintable():
        return text
    suspects = set(_SUSPECT.findall(text))
    folds = {char: new for char in suspects if (new := _fold_character(char)) != char}
    if all(len(new) == 1 for new in folds.values()):
        return _exchange(text, folds)
    found = (m for m in _SUSPECT.finditer(text) if m[0] in folds)
    changes = ((m.start(), m.end(), folds[m[0]]) for m in found)
    return _rewrite(text, changes, stages)


def _exchange(text: str, folds: Mapping[str, str]) -> str:
    if len(folds) > _FEW:
        return text.translate({ord(old): new for old, new in folds.items()})
    for old, new in folds.items():  # what is folded never comes out of folding: the order does not matter
        text = text.replace(old, new)
    return text


def _fold_space(text: str, stages: list[_Edits]) -> str:
    if "\n" in text:
        text = _WRAP.sub(" ", text)  # a wrapped line is one sentence; an empty line still parts paragraphs
    if "  " not in text:
        return text
    return _rewrite(text, ((m.start(), m.end(), " ") for m in _SPACES.finditer(text)), stages)


def _unmask(word: re.Match[str]) -> str:
    return word[0].translate(_LOOK_ALIKE) if _LATIN.search(word[0]) else word[0]


@cache
def _converter(name: str) -> OpenCC:
    return OpenCC(name)


def mainland_wording(folded: str) -> str:
    """The same in the mainland's characters and vocabulary (OpenCC `tw2sp`), whatever script it is in."""
    return str(_converter("tw2sp").convert(folded))


@cache
def _traditional() -> re.Pattern[str]:
    # Looking for these is five times as fast as converting a simplified text in vain.
    every = "\n".join(map(chr, (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))))
    simplified = str(_converter("t2s").convert(every))
    return re.compile(f"[{''.join(a for a, b in zip(every, simplified, strict=True) if a != b)}]")


def _is_traditional(text: str) -> bool:
    # The character alone is not enough: the 乾 of 乾隆 is right in both scripts.
    return bool(_traditional().search(text)) and str(_converter("t2s").convert(text)) != text


def _fold_scripts(text: str, stages: list[_Edits]) -> str:
    # Vocabulary is exchanged in traditional text only: to the mainland 核心 is not 内核, nor 程序 进程.
    # A few characters are converted in two steps (麼, 么, 幺), hence more than one round.
    rounds = _MOST_ROUNDS
    while rounds and _is_traditional(text):
        text = _rewrite(text, _script_changes(text), stages)
        rounds -= 1
    return text


def _script_changes(text: str) -> Iterator[tuple[int, int, str]]:
    # Run by run, so that a longer word in one sentence does not shift the places of another.
    runs = list(_HAN_RUN.finditer(text))
    news = _converted_runs(text)
    if [run.end() - run.start() for run in runs] == [len(new) for new in news]:
        yield 0, len(text), _joined(_HAN_RUN.split(text), news)
        return
    for run, new in zip(runs, news, strict=True):
        if new != run[0]:
            yield from _aligned(run[0], new, run.start())


def _converted_runs(text: str) -> list[str]:
    # One conversion of the whole text is four times as fast as one for each run, and nearly always as good;
    # a few words of the vocabulary take in what stands between two runs.
    new = mainland_wording(text)
    if _HAN_RUN.split(new) == _HAN_RUN.split(text):
        return _HAN_RUN.findall(new)
    return [mainland_wording(run) for run in _HAN_RUN.findall(text)]


def _joined(between: list[str], runs: list[str]) -> str:
    return between[0] + "".join(run + gap for run, gap in zip(runs, between[1:], strict=True))


def _aligned(old: str, new: str, offset: int) -> Iterator[tuple[int, int, str]]:
    """Pair the pieces of a conversion, halving the text wherever both halves convert on their own."""
    if len(old) == len(new):
        yield offset, offset + len(old), new
        return
    middle = len(old) // 2
    for cut in range(middle, min(middle + _LONGEST_WORD, len(old))):
        left = mainland_wording(old[:cut])
        if cut and new.startswith(left) and mainland_wording(old[cut:]) == new[len(left) :]:
            yield from _aligned(old[:cut], left, offset)
            yield from _aligned(old[cut:], new[len(left) :], offset + cut)
            return
    yield offset, offset + len(old), new


def _rewrite(text: str, changes: Iterable[tuple[int, int, str]], stages: list[_Edits]) -> str:
    """Apply replacements given in order, and note those that change lengths."""
    pieces: list[str] = []
    moved: list[tuple[int, int, int]] = []
    done = 0
    for start, end, new in changes:
        pieces += (text[done:start], new)
        done = end
        if len(new) != end - start:
            moved.append((start, end, len(new)))
    if moved:
        stages.append(_edits(moved))
    return "".join((*pieces, text[done:]))


def _edits(moved: list[tuple[int, int, int]]) -> _Edits:
    growth = accumulate((length - (end - start) for start, end, length in moved), initial=0)
    starts = tuple(start + grown for (start, _, _), grown in zip(moved, growth, strict=False))
    return _Edits(
        starts,
        tuple(start + length for start, (_, _, length) in zip(starts, moved, strict=True)),
        tuple(start for start, _, _ in moved),
        tuple(end for _, end, _ in moved),
    )

"""A report's fingerprint: look-up keys sampled from its folded title and from its folded text.

A text is cut into overlapping pieces of a few words, and the pieces with the lowest hashes become its keys
(Broder 1997, "On the resemblance and containment of documents"). Short pieces of the title find a reworded
headline; longer ones of the whole find a text that was shortened, quoted or given another title, since a part
of a text keeps those lowest pieces of the whole that fall into it.
"""

import re
from dataclasses import dataclass
from heapq import nsmallest
from itertools import accumulate
from zlib import crc32

from monitor.core.text import normalise

_LEAD = 160  # characters of text that stand in for a missing title
_SAMPLED = 6_000  # characters of text: more than a long report has, and a bound on the time taken
_BANDS = 8
_SAMPLES = 12  # a third of a text shares none of them with the whole once in 130 times: (2/3)**12
# A piece begins at every word or Chinese character and holds this many of them.
_TITLE_PIECE = {"han": 3, "latin": 2}
_TEXT_PIECE = {"han": 8, "latin": 5}
_AMPLE = 8  # times as many pieces as needed are looked at: too few are among them once in 10**15 texts
_GAPS = re.compile(r"[\W_]+")
_TOKENS = re.compile("[a-z0-9]+|[^\\W_a-z0-9]")
_HIGHEST = 1 << 62  # hashes are below it


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What two reports that share text have in common: signed 64-bit keys, bands and samples apart."""

    bands: tuple[int, ...]  # of the title; never negative
    samples: tuple[int, ...]  # of title and text, lowest hash first; always negative

    @property
    def keys(self) -> tuple[int, ...]:
        """What a report is looked up by, each key once."""
        return tuple(dict.fromkeys((*self.bands, *self.samples)))


def fingerprint(title: str, text: str = "") -> Fingerprint:
    """Fingerprint a report by its title, or the beginning of its text when untitled, and samples of both."""
    title = normalise(title).text
    text = normalise(text[:_SAMPLED]).text
    headline = title if _GAPS.sub("", title) else text[:_LEAD]
    return Fingerprint(
        bands=_lowest(headline, _BANDS, **_TITLE_PIECE),
        samples=tuple(~key for key in _lowest(f"{title}\n{text}", _SAMPLES, **_TEXT_PIECE)),
    )


def containment(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """How much of the shorter text the longer one holds, 0 to 1, estimated from the samples of both.

    Only samples are counted up to the hash to which both are complete. The estimate is coarse: it tells a
    copied text from another one, not a third from a half.
    """
    lower = min(_complete_to(one), _complete_to(other))
    ours, theirs = ({key for key in keys if ~key <= lower} for keys in (one, other))
    fewer = min(len(ours), len(theirs))
    return len(ours & theirs) / fewer if fewer else 0.0


def _complete_to(samples: tuple[int, ...]) -> int:
    return ~samples[-1] if len(samples) >= _SAMPLES else _HIGHEST


def _lowest(folded: str, count: int, *, han: int, latin: int) -> tuple[int, ...]:
    """The `count` lowest of the hashes of the pieces, in order; 62 bits, of which the first 32 decide."""
    pieces = _pieces(folded, han, latin)
    # The lowest dozen of many lie far below this, so the others need not be sorted.
    enough = (count * _AMPLE << 32) // max(1, len(pieces))
    hashed = {value: piece for piece in pieces if (value := crc32(piece)) < enough}
    return tuple(value << 30 | crc32(hashed[value][::-1]) >> 2 for value in nsmallest(count, hashed))


def _pieces(folded: str, han: int, latin: int) -> set[bytes]:
    tokens = _TOKENS.findall(folded)
    flat = "".join(tokens).encode("utf-32-le")
    starts = [4 * length for length in accumulate(map(len, tokens), initial=0)]
    after_han = starts[han:] + [0] * han  # an end of 0, too close to the end of the text, makes no piece
    after_latin = starts[latin:] + [0] * latin
    windows = zip(starts[:-1], after_han, after_latin, strict=False)
    # Latin letters and digits have a zero for their second byte.
    pieces = {flat[start : far if flat[start + 1] else near] for start, far, near in windows}
    pieces.discard(b"")
    return pieces or ({flat} if flat else set())

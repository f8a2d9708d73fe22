"""A report's fingerprint: MinHash bands over character shingles of its folded title and lead.

MinHash and banding follow Broder 1997 ("On the resemblance and containment of documents") and Leskovec,
Rajaraman and Ullman, "Mining of Massive Datasets", section 3.4.
"""

import re
import zlib

from monitor.core.model import Fingerprint
from monitor.core.text import normalise

_SHINGLE = 3  # characters; short enough for Chinese headlines
_ROWS = 2
_BANDS = 16
_LEAD = 160  # characters of lead text that join the title
_PRIME = (1 << 61) - 1
_WORDS = re.compile(r"[\W_]+")
# Fixed odd multipliers and offsets of the hash family, spread by the 64-bit golden ratio.
_FAMILY = tuple(
    (((2 * i + 1) * 0x9E3779B97F4A7C15) % _PRIME, ((i + 7) * 0xC2B2AE3D27D4EB4F) % _PRIME)
    for i in range(_ROWS * _BANDS)
)


def fingerprint(title: str, lead: str = "") -> Fingerprint:
    """Fingerprint a report by its title, completed by its lead when the title is short."""
    shingles = shingles_of(title)
    if not shingles:
        shingles = shingles_of(lead[:_LEAD])
    return Fingerprint(bands=_bands(shingles), shingles=shingles)


def shingles_of(text: str) -> frozenset[int]:
    """32-bit hashes of the overlapping character shingles of the folded text, spaces and punctuation out."""
    flat = _WORDS.sub("", normalise(text).text)
    if not flat:
        return frozenset()
    pieces = {flat[i : i + _SHINGLE] for i in range(max(1, len(flat) - _SHINGLE + 1))}
    return frozenset(zlib.crc32(piece.encode()) for piece in pieces)


def _bands(shingles: frozenset[int]) -> tuple[int, ...]:
    if not shingles:
        return ()
    minima = [min((a * s + b) % _PRIME for s in shingles) for a, b in _FAMILY]
    rows = (tuple(minima[i : i + _ROWS]) for i in range(0, len(minima), _ROWS))
    return tuple(_signed(zlib.crc32(repr((band, row)).encode()), band) for band, row in enumerate(rows))


def _signed(value: int, band: int) -> int:
    """A band's key: its number in the high bits, so that different bands never meet in the index."""
    return (band << 32) | value


def resemblance(one: frozenset[int], other: frozenset[int]) -> float:
    """Jaccard similarity of two shingle sets, 0 to 1; two empty sets resemble nothing."""
    union = len(one | other)
    return len(one & other) / union if union else 0.0

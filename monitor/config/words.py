"""Suggestions and lists in words, for messages about mistakes."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str:
    """ "did you mean 'weight'?", or nothing when no known word is close."""
    by_folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"did you mean '{by_folded[close[0]]}'?" if close else ""


def listing(words: Iterable[str]) -> str:
    """The words with commas between them."""
    return ", ".join(words)

"""What the doctor says of one thing: a line, and its mend where a person is needed."""

from dataclasses import dataclass

from monitor import logs


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the table."""

    name: str
    words: str
    ok: bool = True
    mend: str = ""


def trouble(name: str, words: object, mend: str) -> Finding:
    """A finding that needs a person. No secret shows."""
    return Finding(name=name, words=logs.redact(str(words)), ok=False, mend=mend)

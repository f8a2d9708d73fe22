"""The learned part that `rules: model:` asks for: the shipped weights, weights of one's own, or none."""

import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path

from monitor.config.document import Document, KeyPath
from monitor.core.relevance import ModelError, Relevance, relevance_from

SHIPPED = "relevance.json"
LARGEST = 4_000_000  # bytes; the shipped file has a twentieth of that
MODEL: KeyPath = ("rules", "model")


def read_model(written: str, document: Document) -> Relevance | None:
    """`on`, `off`, or the path of a file that `policywire train` wrote. Raises ConfigError."""
    if written == "off":
        return None
    if written == "on":
        return shipped_model()
    path = Path(document.file).parent / written
    try:
        return _model(_text(path))
    except OSError as error:
        problem = f"{path} cannot be read: {(error.strerror or 'unknown reason').lower()}"
        raise document.mistake(MODEL, problem, "write on, off, or the path of trained weights") from None
    except (ValueError, RecursionError) as error:  # ModelError, bad JSON and bad UTF-8 are ValueErrors
        problem = f"{path} holds no weights: {error}"
        raise document.mistake(MODEL, problem, "write them with `policywire train`") from None


@cache
def shipped_model() -> Relevance:
    """The weights that ship with the service."""
    return _model(files("monitor").joinpath("models", SHIPPED).read_text("utf-8"))


def _text(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise ModelError(f"it is larger than {LARGEST:,} bytes")
    return raw.decode("utf-8")


def _model(text: str) -> Relevance:
    kept = json.loads(text)
    if not isinstance(kept, dict):
        raise ModelError("it is not a JSON object")
    return relevance_from(kept, hashlib.sha256(text.encode()).hexdigest()[:12])

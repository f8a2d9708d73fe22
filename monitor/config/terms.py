"""The term sets that ship with the service, read from the data files of `monitor/terms`."""

from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

from monitor.core.model import TermSet


@cache
def shipped_sets() -> tuple[TermSet, ...]:
    """Every shipped set, in the order of the files' names and of their lines."""
    reader = YAML(typ="safe", pure=True)
    folder = files("monitor").joinpath("terms")
    found = sorted(
        (item for item in folder.iterdir() if item.name.endswith(".yaml")), key=lambda item: item.name
    )
    sets = [pair for item in found for pair in reader.load(item.read_text("utf-8")).items()]
    return tuple(TermSet(name=name, terms=tuple(str(term) for term in terms)) for name, terms in sets)

"""The sources that ship with policywire, read from the package's YAML files."""

from functools import cache
from importlib.resources import files

from monitor.config.choose import built
from monitor.config.document import parse_document
from monitor.config.schema import CatalogSection
from monitor.config.shape import fit
from monitor.core.model import Source


@cache
def catalog() -> tuple[Source, ...]:
    """Every shipped source, file by file. Raises ConfigError when a file was damaged."""
    # By name: configuration lies below the spiders and does not import them.
    folder = files("spiders").joinpath("catalog")
    shipped = sorted(
        (file.name, file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".yaml")
    )
    return tuple(source for name, text in shipped for source in parse_catalog(text, name))


def parse_catalog(text: str, name: str) -> tuple[Source, ...]:
    """The sources of one catalogue file. Raises ConfigError."""
    document = parse_document(text, name)
    section = fit(CatalogSection, document)
    return tuple(
        built(one, document, ("sources", index), kind=section.kind)
        for index, one in enumerate(section.sources)
    )

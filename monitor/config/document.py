"""A YAML file as plain values, with the line and column of every key; surprises are refused."""

import re
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from monitor.core.errors import ConfigError, Where

DEEPEST = 12  # levels of nesting; our own files need five
LARGEST = 4_000_000  # bytes; a catalogue of 10,000 sources stays below

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]
KeyPath = tuple[str | int, ...]
Place = tuple[int, int]  # line and column, both from 1

# Telegram's form: the bot's number, a colon, 35 characters; shorter ones may be cut copies.
_TOKEN = re.compile(r"(?<!\d)\d+:[A-Za-z0-9_-]{30,}")
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The values of one file and where each of them stands."""

    file: str
    values: Value
    places: dict[KeyPath, Place]

    def where(self, path: KeyPath) -> Where:
        """The place of a key; of the nearest key above it when the file does not have it."""
        known = path
        while known and known not in self.places:
            known = known[:-1]
        line, column = self.places.get(known, (1, 1))
        return Where(file=self.file, line=line, column=column, key=dotted(path))

    def value(self, path: KeyPath) -> Value:
        """What stands under a key; None when the file does not have it."""
        value = self.values
        for key in path:
            if isinstance(value, dict) and isinstance(key, str):
                value = value.get(key)
            elif isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
                value = value[key]
            else:
                return None
        return value

    def mistake(self, path: KeyPath, problem: str, mend: str = "") -> ConfigError:
        """A ConfigError that points at this key."""
        return ConfigError(self.where(path), problem, mend)


def read_text(path: Path) -> str:
    """Read a configuration file. Raises ConfigError when that is not possible."""
    where = Where(file=str(path))
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(where, "there is no such file", "name it with --config PATH") from None
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise ConfigError(where, f"cannot be read: {reason}", "check its owner and mode") from None
    if len(raw) > LARGEST:
        raise ConfigError(where, f"larger than {LARGEST:,} bytes", "is this the right file?")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            Where(file=str(path), line=line), "is not UTF-8 text", "save the file as UTF-8"
        ) from None


def parse_document(text: str, name: str) -> Document:
    """Turn YAML 1.2 into values with places. Raises ConfigError."""
    _refuse_secrets(text, name)
    _refuse_tabs(text, name)
    root = _compose(text, name)
    places: dict[KeyPath, Place] = {}
    return Document(file=name, values=_Reader(name, places).value(root, ()), places=places)


def _refuse_secrets(text: str, name: str) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        if found := _TOKEN.search(line):
            where = Where(file=name, line=number, column=found.start() + 1)
            problem = "this looks like a bot token; secrets do not belong here"
            raise ConfigError(where, problem, "put it into TELEGRAM_BOT_TOKEN or the file .env")


def _refuse_tabs(text: str, name: str) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent:
            where = Where(file=name, line=number, column=indent.index("\t") + 1)
            raise ConfigError(where, "a tab indents this line", "use spaces, two for each level")


def _compose(text: str, name: str) -> Node:
    try:
        root: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        raise _broken(error, name) from None
    except RecursionError:
        raise _too_deep(Where(file=name)) from None
    except YAMLError as error:
        words = str(error).splitlines()[0]
        raise ConfigError(Where(file=name), f"not readable as YAML: {words}") from None
    if root is None:
        mend = "start from the config.yaml that comes with policywire"
        raise ConfigError(Where(file=name, line=1), "the file is empty", mend)
    return root


def _broken(error: MarkedYAMLError, name: str) -> ConfigError:
    mark = error.problem_mark or error.context_mark
    where = Where(file=name, line=mark.line + 1, column=mark.column + 1) if mark else Where(file=name)
    problem = error.problem or error.context or "something is missing"
    if "alias" in problem:
        return _alias(where)
    if r"'\t'" in problem:
        return ConfigError(where, "a tab stands where spaces belong", "use spaces")
    mend = "check the indentation, colons and quotes on this line and the one above"
    if "cannot start any token" in problem:
        mend = 'put the value in quotes: "@name"'
    return ConfigError(where, f"not readable as YAML: {problem}", mend)


def _alias(where: Where) -> ConfigError:
    return ConfigError(
        where,
        "anchors (&name) and aliases (*name) are not used here",
        "write the value out, or put it in quotes",
    )


def _too_deep(where: Where) -> ConfigError:
    return ConfigError(
        where, f"nested deeper than {DEEPEST} levels", "check the indentation and the brackets"
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Walks the nodes of one file, noting places as it goes."""

    name: str
    places: dict[KeyPath, Place]

    def value(self, node: Node, path: KeyPath) -> Value:
        if node.anchor:
            raise _alias(self.where(node, path))
        if len(path) > DEEPEST:
            raise _too_deep(self.where(node, path[:2]))
        if isinstance(node, MappingNode):
            return self.mapping(node, path)
        if isinstance(node, SequenceNode):
            return self.sequence(node, path)
        return self.scalar(node, path)

    def mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for key_node, value in node.value:
            key = self.key(key_node, path)
            here = (*path, key)
            if key in values:
                problem = f"this key stands already on line {self.places[here][0]}"
                raise ConfigError(self.where(key_node, here), problem, "keep one of the two")
            self.places[here] = _place(key_node)
            values[key] = self.value(value, here)
        return values

    def key(self, node: Node, path: KeyPath) -> str:
        if not isinstance(node, ScalarNode) or node.anchor:
            raise ConfigError(self.where(node, path), "a key must be a plain word", "put the key in quotes")
        return str(node.value)

    def sequence(self, node: SequenceNode, path: KeyPath) -> list[Value]:
        values = []
        for index, item in enumerate(node.value):
            here = (*path, index)
            self.places[here] = _place(item)
            values.append(self.value(item, here))
        return values

    def scalar(self, node: Node, path: KeyPath) -> Value:
        text = str(node.value)
        tag = str(node.tag).removeprefix(_TAG)
        match tag:
            case "str" | "timestamp":
                return text
            case "null":
                return None
            case "bool" if text.lower() in ("true", "false"):
                return text.lower() == "true"
            case "int" | "float":
                return self.number(node, path, tag)
            case _:
                problem = f"the YAML tag {tag} is not used here"
                raise ConfigError(self.where(node, path), problem, "leave it out")

    def number(self, node: Node, path: KeyPath, tag: str) -> int | float:
        text = str(node.value).lower().replace("_", "")
        try:
            return _whole(text) if tag == "int" else float(text.replace(".inf", "inf").replace(".nan", "nan"))
        except ValueError:  # a written-out tag (!!int abc), or thousands of digits
            raise ConfigError(self.where(node, path), "is not a number", "write a number like 3") from None

    def where(self, node: Node, path: KeyPath) -> Where:
        line, column = _place(node)
        return Where(file=self.name, line=line, column=column, key=dotted(path))


def _place(node: Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _whole(text: str) -> int:
    based = text.lstrip("+-").startswith(("0x", "0o", "0b"))
    return int(text, 0 if based else 10)


def dotted(path: KeyPath) -> str:
    """A key as people write it: rules.list.3.weight."""
    return ".".join(map(str, path))

"""Values as YAML text: the same data as their JSON, easier to write by hand.

Only the core schema of YAML 1.2 is read, so that `no` is text, `1e-3` is a number and a date is
text. Aliases, which can make a short text huge, and tags are refused.
"""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from core.base.encoding import MAX_TEXT
from core.base.errors import BadExperiment
from core.base.numbers import whole
from core.base.spec import Value

SUFFIXES = (".yaml", ".yml")
_SCALARS = {  # tag: its form, and the characters with which it can begin
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+", list("-+0123456789")),
    "float": (r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
}


class _CoreLoader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="aliases (*) are not read", problem_mark=mark)
        return super().compose_node(parent, index)


class _CoreDumper(yaml.SafeDumper):
    yaml_implicit_resolvers: dict = {}

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write_text(dumper: _CoreDumper, text: str) -> yaml.Node:
    """Write text with rare line ends in quotation marks: PyYAML writes them plainly elsewhere, and
    reads a space.
    """
    style = '"' if set(text) & set("\x85\u2028\u2029\ufeff") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_CoreDumper.add_representer(str, _write_text)
for _tag, (_form, _first) in _SCALARS.items():
    for _cls in (_CoreLoader, _CoreDumper):
        _cls.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_form})$"), _first)
_CoreLoader.add_constructor(
    "tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node))
)
_CoreLoader.add_constructor(
    "tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node))
)


def as_json(text: str, name: str) -> str:
    """Return the text of the file of this name as JSON text: a name that ends in .yaml or .yml
    means YAML. Raises BadExperiment as `parse_yaml` does.
    """
    if not name.lower().endswith(SUFFIXES):
        return text
    try:
        return json.dumps(parse_yaml(text))
    except RecursionError:
        raise _too_deep() from None


def read_as_json(path: Path) -> str:
    """Return the text of a JSON or YAML file as JSON text. Raises OSError, UnicodeDecodeError, and
    BadExperiment as `parse_yaml` does.
    """
    return as_json(path.read_text("utf-8"), path.name)


def encode_yaml(value: Value) -> str:
    """Return the value as YAML text, its fields in their order."""
    data = value.model_dump(mode="json")
    return yaml.dump(data, Dumper=_CoreDumper, sort_keys=False, allow_unicode=True, width=100)


def parse_yaml(text: str) -> Any:
    """Return the plain data of YAML text. Raises BadExperiment (yaml_too_large, yaml_too_deep,
    not_yaml).
    """
    if len(text) > MAX_TEXT:
        raise BadExperiment(
            f"The YAML text has {whole(len(text))} characters. At most {whole(MAX_TEXT)} are "
            "accepted. Shorten it.",
            code="yaml_too_large",
        )
    try:
        return yaml.load(text, _CoreLoader)
    except RecursionError:
        raise _too_deep() from None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or error
        raise BadExperiment(
            f"This text is not valid YAML{place} ({problem}). Correct it at this position.",
            code="not_yaml",
        ) from None


def _too_deep() -> BadExperiment:
    text = "The YAML text is nested too deeply. Use fewer nested blocks."
    return BadExperiment(text, code="yaml_too_deep")

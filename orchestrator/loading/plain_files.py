"""Plain values from JSON and YAML files, read so strictly that both say the same.

A key that comes twice is refused: of two, both formats would let the last win in silence.
"""

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml


def read(path: Path) -> Any:
    """Return what a file says; one that does not end in `.json` is YAML.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it is no JSON, or a key comes twice.
        yaml.YAMLError: it is no YAML.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text, object_pairs_hook=_unique)
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader that refuses more


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key, value in pairs:
        if key in mapping:
            raise ValueError(f"the key {key!r} comes twice in one object")
        mapping[key] = value
    return mapping


class _Loader(yaml.SafeLoader):
    """YAML in which keys are unique and plain words mean what they mean in JSON.

    By itself the loader reads `on` as True, which is a field of `retry`, `12:30` as 750
    and `007` as 7; JSON and YAML files of one workflow would differ.
    """

    yaml_implicit_resolvers = {}  # noqa: RUF012 - declared by the base, filled below

    def unique_mapping(self, node: yaml.MappingNode) -> dict[Hashable, Any]:
        """Return a mapping; merge keys, `<<: *shared`, may be overridden."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                line = key.start_mark.line + 1
                raise ValueError(f"the key {key.value!r} comes twice in one mapping, line {line}")
            seen.add(str(key.value))
        self.flatten_mapping(node)
        return self.construct_mapping(node, deep=True)


_NUMBER = r"-?(?:0|[1-9][0-9]*)"

_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _Loader.unique_mapping)
for _kind, _pattern, _first in (
    ("null", r"null|~|", ["n", "~", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", _NUMBER, list("-0123456789")),
    ("float", rf"{_NUMBER}(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", list("-0123456789")),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}", re.compile(rf"(?:{_pattern})\Z"), _first
    )

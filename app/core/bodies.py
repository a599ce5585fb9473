"""How the JSON bodies that our own reader takes are described in the API's schema."""

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody


def takes(struct: type[msgspec.Struct]) -> type[Operation]:
    """The `operation_class` of a route whose body is read as `struct` by hand, so that texts are cleaned first."""
    outer = msgspec.json.schema(struct)
    schema = _inlined(outer, outer.get("$defs", {}))

    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            media: Any = OpenAPIMediaType(schema=schema)
            self.request_body = RequestBody(content={"application/json": media}, required=True)

    return Described


def _inlined(node: Any, known: dict[str, Any]) -> Any:
    if isinstance(node, dict):
        if "$ref" in node:
            return _inlined(known[node["$ref"].rpartition("/")[2]], known)
        return {name: _inlined(value, known) for name, value in node.items() if name != "$defs"}
    if isinstance(node, list):
        return [_inlined(item, known) for item in node]
    return node

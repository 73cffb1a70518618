"""`/docs`: the OpenAPI description as one page of HTML that loads nothing, so that it works without the internet."""

import json
import re
from collections.abc import Sequence
from html import escape
from typing import Any

Schema = dict[str, Any]

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; text-transform: capitalize; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 5.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; border-top: 1px solid var(--line); padding: .3rem .6rem .3rem 0; }
pre { background: var(--soft); padding: .6rem; overflow-x: auto; border-radius: 6px; }
code { font-size: .92em; }
"""


def render_docs(description: Schema) -> str:
    """The page for an OpenAPI 3.1 description."""
    by_tag: dict[str, list[str]] = {}
    for path, item in description["paths"].items():
        for method, operation in item.items():
            tag = (operation.get("tags") or ["other"])[0]
            by_tag.setdefault(tag, []).append(_render_operation(path, method, operation))
    sections = [f"<h2>{escape(tag)}</h2>{''.join(entries)}" for tag, entries in by_tag.items()]
    schemas = [
        _render_schema(name, schema) for name, schema in sorted(description["components"].get("schemas", {}).items())
    ]
    info = description["info"]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])}</h1>{_render_text(info.get('description', ''))}"
        '<p>For programs: <a href="openapi.json">openapi.json</a>.</p>'
        f"{''.join(sections)}<h2>Schemas</h2>{''.join(schemas)}</body></html>"
    )


def _render_operation(path: str, method: str, operation: Schema) -> str:
    return (
        f'<details id="{escape(operation["operationId"])}">'
        f"<summary><b>{method.upper()}</b> <code>{escape(path)}</code> {escape(operation.get('summary', ''))}</summary>"
        f"{_render_text(operation.get('description', ''))}"
        f"{_render_parameters(operation.get('parameters', []))}"
        f"{_render_body(operation.get('requestBody'))}{_render_responses(operation['responses'])}</details>"
    )


def _render_parameters(parameters: list[Schema]) -> str:
    rows = [
        (
            f"<code>{escape(parameter['name'])}</code>",
            f"{escape(parameter['in'])}{', required' if parameter.get('required') else ''}",
            _render_type(parameter.get("schema", {})),
            _inline(parameter.get("description", "")),
        )
        for parameter in parameters
    ]
    return f"<h4>Parameters</h4>{_table(rows)}" if rows else ""


def _render_body(body: Schema | None) -> str:
    if body is None:
        return ""
    content = body["content"]
    first = next(iter(content.values()))
    examples = first.get("examples", {})
    shown = "".join(
        f"<p>{escape(name)}</p><pre>{escape(json.dumps(example['value'], indent=2, ensure_ascii=False))}</pre>"
        for name, example in examples.items()
    )
    kinds = ", ".join(f"<code>{escape(kind)}</code>" for kind in content)
    return f"<h4>Body</h4><p>{kinds}: {_render_type(first['schema'])}</p>{shown}"


def _render_responses(responses: Schema) -> str:
    rows = []
    for status, response in responses.items():
        content: Schema = response.get("content", {})
        schema: Schema = next((kind.get("schema", {}) for kind in content.values()), {})
        codes = ", ".join(
            f"<code>{escape(code)}</code>" for kind in content.values() for code in kind.get("examples", {})
        )
        rows.append((escape(status), _inline(response.get("description", "")), _render_type(schema), codes))
    return f"<h4>Answers</h4>{_table(rows)}"


def _render_schema(name: str, schema: Schema) -> str:
    required = set(schema.get("required", []))
    rows = [
        (
            f"<code>{escape(field)}</code>{' *' if field in required else ''}",
            _render_type(part),
            _inline(part.get("description", "")),
        )
        for field, part in schema.get("properties", {}).items()
    ]
    values = _inline(", ".join(f"`{value}`" for value in schema.get("enum", [])))
    text = _render_text(schema.get("description", ""))
    return f'<details id="{escape(name)}"><summary>{escape(name)}</summary>{text}{values}{_table(rows)}</details>'


def _render_type(schema: Schema) -> str:
    if reference := schema.get("$ref"):
        name = escape(reference.rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return " or ".join(_render_type(part) for part in schema[union])
    if schema.get("type") == "array":
        return f"array of {_render_type(schema.get('items', {}))}"
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    limits = [
        f"{word} {schema[name]}"
        for name, word in (("maxLength", "at most"), ("minimum", "from"), ("maximum", "to"))
        if name in schema
    ]
    return escape(" ".join([schema.get("format") or schema.get("type", "any"), *limits]))


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    return f"<table>{''.join(f'<tr>{_cells(row)}</tr>' for row in rows)}</table>"


def _cells(row: tuple[str, ...]) -> str:
    return "".join(f"<td>{cell}</td>" for cell in row)


def _render_text(text: str) -> str:
    return "".join(f"<p>{_inline(part)}</p>" for part in text.strip().split("\n\n") if part)


def _inline(text: str) -> str:
    """The text with what stands between backquotes as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))

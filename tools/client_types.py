"""The client's types, written from the API's document: ``client/src/ileti_client/types.py``.

Why this module exists: a client whose types were typed by hand would tell an editor of fields the
API does not have. So each body, answer and query of the document becomes one TypedDict under its
own name and with its own field names. Moments and days may be given as such; what comes back stays
as it was sent.
"""

from __future__ import annotations

import keyword
import re
from collections import Counter
from typing import Any, Final

from ileti.api.chapters import CHAPTERS
from ileti.capture.api_document import add_chapter, document

PREFIX: Final = "/api/v1/"
_HEAD: Final = '''"""What the API takes and gives, field by field.

Written from its document by ``python -m tools.client --write``; do not edit. A name that Python
keeps for itself has a ``_`` behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

#: a moment with its offset; text is sent as it is
When: TypeAlias = datetime | str
#: a day of Istanbul; text is sent as it is
Day: TypeAlias = date | str
'''
#: what the document leaves open, since each item is judged by itself
_KNOWN: Final = {("Problem", "errors"): "Sequence[FieldFault]"}
#: short names where the place in the document makes a long one
_WORD_NAMES: Final = {
    "Act": "ActKind", "ConsentIysStatus": "IysStatus", "State": "ImportState",
    "Kind": "MessageKind", "Code": "ReasonCode", "MappingMappingSource": "OwnSource",
    "RequestInWay": "OwnWay", "MomentStateRecordFileRole": "ProofRole", "Role": "ColumnRole",
    "Format": "ListFormat", "Asked": "ImportApplyAsked", "Way": "RequestWay", "Iys": "IysFilter",
    "Token_type": "TokenType", "Grant_type": "GrantType", "By": "ReportBy",
    "Decision": "RequestDecision", "Origin": "ImportOrigin", "CallListState": "CallListState",
    "CampaignState": "CampaignState", "ExportState": "ExportState",
    "ComplianceReportBy": "ComplianceReportBy",
    "ComplianceReportDueKind": "DestructionKind", "ComplianceReportProofProof": "ProofHeld",
    "CampaignMessageState": "CampaignMessageState"}
_CLASS_NAMES: Final = {"ImportAtIysONAY": "ImportAtIysCount", "TextShort": "TextOnShow",
                       "TemplateShort": "TemplateInUse",
                       "IysDifferenceTheirs": "IysDifferenceSide",
                       "RecipientsFoundShort": "RecipientFound",
                       "CampaignPreflightReason": "CampaignDenial",
                       "CampaignResultsDeliverie": "CampaignDelivery"}
_WORDS: Final = 96


def api_document() -> dict[str, Any]:
    """The document as a server gives it, in English."""
    for chapter in CHAPTERS:
        add_chapter(chapter)
    return document("en", "http://localhost")


def services(whole: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Name → method, path and page of each service of ``/api/v1/``."""
    return {page["operationId"]: (method.upper(), path, page)
            for path, pages in whole["paths"].items() if path.startswith(PREFIX)
            for method, page in pages.items()}


def query_of(page: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The parameters behind the question mark, by name."""
    return {one["name"]: one["schema"] for one in page.get("parameters", [])
            if one["in"] == "query"}


def class_name(operation: str) -> str:
    """``listConsents`` → ``ListConsentsQuery``."""
    return operation[0].upper() + operation[1:] + "Query"


class _Writer:
    """Gathers classes; what is alike has one name."""

    def __init__(self, whole: dict[str, Any]) -> None:
        self.whole = whole
        self.schemas: dict[str, Any] = whole["components"]["schemas"]
        self.words: dict[frozenset[Any], str] = {}
        self.blocks: list[str] = []
        self.named: dict[str, str] = {}
        self.given = False

    def write(self) -> str:
        """The whole module."""
        bodies, answers = self._reached()
        for name in sorted(answers - bodies):
            self.schema(name)
        self.given = True
        for name in sorted(bodies | {"ConsentItem"}):
            self.schema(name)
        for name, (_, _, page) in services(self.whole).items():
            query = query_of(page)
            if query and name != "createImport":
                self._class(class_name(name), {
                    "properties": {key: one for key, one in query.items() if "." not in key}},
                    query=True)
        twice = [one for one, n in Counter(self.words.values()).items() if n > 1]
        if twice:
            raise SystemExit(f"_WORD_NAMES: {', '.join(twice)} would mean two things")
        aliases = [_alias(name, values) for values, name in self.words.items()]
        text = "\n".join([_HEAD, *aliases, "\n", "\n\n\n".join(self.blocks), ""])
        return text if "Any]" in text else text.replace("import Any, ", "import ")

    def _reached(self) -> tuple[set[str], set[str]]:
        bodies, answers = set(), set()
        for name, (_, _, page) in services(self.whole).items():
            if name == "giveToken":
                bodies.add("TokenIn")
            for kind, one in page.get("requestBody", {}).get("content", {}).items():
                if kind == "application/json":
                    bodies.add(_referred(one["schema"]))
            for answer in page["responses"].values():
                for one in answer.get("content", {}).values():
                    if "$ref" in one.get("schema", {}):
                        answers.add(_referred(one["schema"]))
        return bodies, answers

    def schema(self, name: str) -> str:
        """The class of a named schema."""
        if name not in self.named.values():
            self._class(name, self.schemas[name])
        return name

    def _class(self, name: str, schema: dict[str, Any], *, query: bool = False) -> None:
        self.named[_mark(schema, self.given)] = name
        needed = set(schema.get("required", ()))
        lines: list[tuple[str, str]] = []
        for key, one in schema["properties"].items():
            kind = _KNOWN.get((name, key)) or self._kind(one, name, key, query=query)
            lines.append((key, kind if key in needed else f"NotRequired[{kind}]"))
        if any(keyword.iskeyword(key) for key, _ in lines) and not query:
            fields = "\n".join(f'    "{key}": "{kind}",' for key, kind in lines)
            self.blocks.append(f'{name} = TypedDict("{name}", {{\n{fields}\n}})')
            return
        body = "\n".join(_field(key + "_" * keyword.iskeyword(key), kind) for key, kind in lines)
        self.blocks.append(f'class {name}(TypedDict):\n{body}')

    def _kind(self, schema: dict[str, Any], parent: str, key: str, *, query: bool = False) -> str:
        if "$ref" in schema:
            return self.schema(_referred(schema))
        if "anyOf" in schema:
            return " | ".join(dict.fromkeys(
                self._kind(one, parent, key, query=query) for one in schema["anyOf"]))
        if "enum" in schema:
            return self._word(schema["enum"], parent, key)
        kinds = schema.get("type", "object")
        if isinstance(kinds, list):
            return " | ".join(_PLAIN[one] for one in kinds)
        if kinds == "array":
            item = self._kind(schema["items"], parent, _one_of(key))
            if query:
                return f"{item} | Sequence[{item}]"
            return f"Sequence[{item}]" if self.given else f"list[{item}]"
        if kinds == "object":
            return self._object(schema, parent, key)
        if self.given and schema.get("format") in _TIMES:
            return _TIMES[schema["format"]]
        return _PLAIN[kinds]

    def _object(self, schema: dict[str, Any], parent: str, key: str) -> str:
        if "properties" not in schema:
            more = schema.get("additionalProperties")
            kind = self._kind(more, parent, key) if more else "Any"
            return f"dict[str, {kind}]"
        mark = _mark(schema, self.given)
        if mark in self.named:
            return self.named[mark]
        for name, one in self.schemas.items():
            if _mark(one, self.given) == mark and one.get("type") == "object":
                return self.schema(name)
        name = self._name(schema, parent, key)
        name = _CLASS_NAMES.get(name, name)
        self._class(name, schema)
        return name

    def _name(self, schema: dict[str, Any], parent: str, key: str) -> str:
        if set(schema["properties"]) == {"field", "code", "message", "rule"}:
            return "FieldFault"
        if key in ("item", "items", "import"):
            one = parent.removesuffix("s")
            return f"{one}Short" if one in self.schemas else one
        return parent + key[0].upper() + key[1:]

    def _word(self, values: list[Any], parent: str, key: str) -> str:
        mark = frozenset(values)
        if mark not in self.words:
            name = key[0].upper() + key[1:]
            name = _WORD_NAMES.get(parent + name) or _WORD_NAMES.get(name, name)
            taken = set(self.words.values()) | set(self.schemas)
            name = name if name not in taken else parent + key[0].upper() + key[1:]
            self.words[mark] = _WORD_NAMES.get(name, name)
        return self.words[mark]


_PLAIN: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool",
                 "null": "None", "object": "dict[str, Any]"}
_TIMES: Final = {"date": "Day", "date-time": "When"}


def _referred(schema: dict[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _mark(schema: dict[str, Any], given: bool) -> str:
    """What tells one object from another."""
    return repr((given, sorted(schema.get("required", ())), {
        key: {name: value for name, value in one.items() if name != "description"}
        for key, one in schema.get("properties", {}).items()}))


def _field(name: str, kind: str) -> str:
    return f"    {name}: {kind}"


def _alias(name: str, values: frozenset[Any]) -> str:
    short = f'{name}: TypeAlias = Literal[{", ".join(map(_quoted, sorted(values)))}]'
    if len(short) <= _WORDS:
        return short
    lines, line = [], "   "
    for value in sorted(values):
        word = f' "{value}",'
        if len(line) + len(word) > _WORDS:
            lines.append(line)
            line = "   "
        line += word
    return f"{name}: TypeAlias = Literal[\n" + "\n".join([*lines, line]) + "\n]"


def _one_of(key: str) -> str:
    return key if key == "iys" else key.removesuffix("s")


def _quoted(word: Any) -> str:
    return f'"{word}"'


def types() -> str:
    """The text of the module."""
    text = _Writer(api_document()).write()
    return re.sub(r"\n{4,}", "\n\n\n", text)

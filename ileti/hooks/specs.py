"""The hooks: where a plug-in may join in, one function each, and what is promised on both sides.

Why this module exists: this is the contract (docs/plugins.md tells of it to authors, and a test
fails for a hook that is not told of there or not tried by the example plug-in). A hook is only
called for a provider that has the plug-in on, each plug-in by itself, within a time limit; what it
raises is logged under its name and ends there. No hook can loosen a rule of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pluggy

from ileti.hooks.kinds import (
    Column,
    GateQuestion,
    GatewayKind,
    ImportSource,
    PanelPage,
    Remark,
    Said,
    Wording,
)

hookspec = pluggy.HookspecMarker("ileti")
#: marks the functions of a plug-in
hookimpl = pluggy.HookimplMarker("ileti")


@hookspec
def gateway(channel: str, settings: Any) -> Any:
    """A way to send on a channel (``MESAJ``, ``EPOSTA``, ``ARAMA``), or None.

    Answers an object with ``name`` and ``send(envelope)`` as in :mod:`ileti.channels.base`. Of
    several plug-ins with one, that which was switched on last carries; without any, our own do.
    """


@hookspec
def gateway_kinds() -> Sequence[GatewayKind]:  # type: ignore[empty-body]
    """Kinds of accounts messages can go by, many in a call: the panel makes accounts of them, with
    fail-over, weights and senders, and what they hand over is reported back."""


@hookspec
def gate_check(asked: GateQuestion) -> Mapping[int, Said]:  # type: ignore[empty-body]
    """Who of these recipients is not to be written to after all: place in ``addresses`` → why.

    Only asked about those who may be written to by law, so it can refuse and never allow. When it
    fails, takes too long or answers anything else, nobody is written to.
    """


@hookspec
def lint_check(text: Wording) -> Iterable[Remark]:  # type: ignore[empty-body]
    """Remarks on a wording, beside those of the law; an error stops publishing.

    A function of the text alone: it is asked on every keystroke's pause and while publishing. When
    it fails the text cannot be published.
    """


@hookspec
def consent_columns() -> Sequence[Column]:  # type: ignore[empty-body]
    """More columns in the list of consents, in the panel and for programs (``GET /consents``)."""


@hookspec
def import_sources() -> Sequence[ImportSource]:  # type: ignore[empty-body]
    """Places customer lists are fetched from, for the import page and ``ileti import``.

    What they bring goes the way of an uploaded file: columns, dry run, a person's yes.
    """


@hookspec
def panel_pages() -> Sequence[PanelPage]:  # type: ignore[empty-body]
    """Pages of the panel with their menu entries; asked once, when the panel starts."""

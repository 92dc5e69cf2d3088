"""The one table of status badges, so that a state looks and reads the same on every page.

look §6 sets colour, icon and word of each. Filled means in force, outlined not yet; a refusal is
plum and never red; teal belongs to proof alone (look §1.3 to §1.5). ``short`` is the word below a
column head that already says "İYS".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Badge:
    """One state: drawing, tone (ok, wait, bad, ret, seal, info, mute), border style and words."""

    icon: str
    tone: str
    style: str
    label: Any
    short: Any = None


def _badge(icon: str, tone: str, label: Any, style: str = "soft", short: Any = None) -> Badge:
    return Badge(icon, tone, style, label, short)


BADGES: dict[str, dict[str, Badge]] = {
    "choice": {
        "in_force": _badge("circle-check", "ok", _l("Consent")),
        "given": _badge("circle-check", "ok", _l("Consent"), "outline"),
        "refusal": _badge("circle-minus", "ret", _l("Refusal")),
        "unverified": _badge("circle-dashed", "mute", _l("Unverified"), "dashed"),
        "quarantined": _badge("circle-pause", "wait", _l("Quarantined")),
    },
    "iys": {
        "queued": _badge("inbox", "mute", _l("Queued")),
        "waiting": _badge("hourglass", "wait", _l("Waiting for İYS"), short=_l("Waiting")),
        "registered": _badge("badge-check", "ok", _l("Accepted by İYS"), short=_l("Accepted")),
        "refused": _badge("circle-x", "bad", _l("Rejected by İYS"), short=_l("Rejected")),
        "overdue": _badge("clock-alert", "bad", _l("Expired"), "solid"),
        "blocked_here": _badge(
            "shield-ban", "mute", _l("Blocked here only"), short=_l("Here only")
        ),
        "changed_there": _badge(
            "arrow-down-to-line", "info", _l("Changed at İYS"), short=_l("Changed there")
        ),
        "late": _badge("clock-alert", "bad", _l("Reported late"), "outline", short=_l("Late")),
    },
    "right": {
        "given": _badge("check", "ok", _l("Given")),
        "closed": _badge("minus", "mute", _l("Not given")),
        "rests": _badge("circle-pause", "wait", _l("Rests")),
    },
    "proof": {
        "awaiting_seal": _badge("hourglass", "mute", _l("Awaiting seal")),
        "sealed": _badge("stamp", "seal", _l("Sealed")),
        "stamped": _badge("badge-check", "seal", _l("Time-stamped")),
        "internal_stamp": _badge("stamp", "plain", _l("Internal stamp"), "outline"),
        "not_verified": _badge("shield-x", "bad", _l("Not verified")),
        "scan_missing": _badge("scan-line", "wait", _l("Scan missing")),
        "stamp_valid": _badge("badge-check", "seal", _l("Valid")),
        "stamp_signed": _badge("stamp", "seal", _l("Signature fits"), "outline"),
        "stamp_stranger": _badge("shield-x", "bad", _l("Signer not trusted")),
        "stamp_imprint_differs": _badge("shield-x", "bad", _l("Over another file")),
        "stamp_bad_signature": _badge("shield-x", "bad", _l("Signature broken")),
        "stamp_wrong_time": _badge("shield-x", "bad", _l("Impossible time")),
        "stamp_refused": _badge("shield-x", "bad", _l("No stamp given")),
        "stamp_unreadable": _badge("shield-x", "bad", _l("Unreadable")),
        "stamp_unchecked": _badge("hourglass", "mute", _l("Not checked")),
    },
    "reconciliation": {
        "matched": _badge("check", "ok", _l("Matched")),
        "difference": _badge("x", "bad", _l("Difference")),
        "repaired": _badge("wrench", "info", _l("Repaired")),
        "awaiting_file": _badge("hourglass", "wait", _l("Awaiting file")),
        "no_movement": _badge("minus", "mute", _l("No movement")),
        "lost": _badge("file-x", "bad", _l("Lost at İYS"), "solid"),
        "before": _badge("minus", "plain", _l("Not reconciled"), "outline"),
    },
    "comparison": {
        "same": _badge("check", "ok", _l("Same")),
        "differs": _badge("x", "bad", _l("Different")),
        "under_way": _badge("hourglass", "wait", _l("Under way")),
        "nowhere": _badge("minus", "mute", _l("No record on either side")),
        "not_told": _badge("circle-help", "mute", _l("İYS did not say")),
    },
    "sending": {
        "queued": _badge("clock", "mute", _l("Queued")),
        "sent": _badge("send", "info", _l("Sent")),
        "delivered": _badge("check-check", "ok", _l("Delivered")),
        "not_delivered": _badge("circle-x", "bad", _l("Not delivered")),
        "blocked": _badge("shield-ban", "ret", _l("Blocked")),
        "deferred": _badge("moon", "wait", _l("Deferred")),
    },
    "campaign": {
        "draft": _badge("pen-line", "mute", _l("Draft"), "dashed"),
        "preparing": _badge("loader-circle", "info", _l("Pre-flight is running")),
        "ready": _badge("list-checks", "mute", _l("Ready")),
        "waiting": _badge("eye", "wait", _l("Awaits approval")),
        "running": _badge("send", "info", _l("Running")),
        "paused": _badge("circle-pause", "wait", _l("Paused")),
        "done": _badge("check", "ok", _l("Done")),
        "cancelled": _badge("ban", "mute", _l("Given up")),
    },
    "import": {
        "uploading": _badge("upload", "mute", _l("Uploading")),
        "mapping": _badge("pen-line", "mute", _l("In preparation"), "dashed"),
        "checking": _badge("loader-circle", "info", _l("Checking")),
        "dry_run": _badge("flask-conical", "mute", _l("Dry run"), "dashed"),
        "approval": _badge("eye", "wait", _l("Awaits approval")),
        "applying": _badge("loader-circle", "info", _l("Applying")),
        "paused": _badge("circle-pause", "wait", _l("Paused")),
        "applied": _badge("check", "ok", _l("Applied")),
        "undoing": _badge("loader-circle", "info", _l("Being undone")),
        "undone": _badge("undo-2", "mute", _l("Undone")),
        "cancelled": _badge("ban", "mute", _l("Given up")),
        "failed": _badge("circle-x", "bad", _l("Stopped")),
    },
    "document": {
        "draft": _badge("pen-line", "mute", _l("Draft"), "dashed"),
        "in_review": _badge("eye", "wait", _l("In review")),
        "published": _badge("globe", "ok", _l("Published")),
        "archived": _badge("archive", "mute", _l("Archived")),
    },
    "request": {
        "open": _badge("inbox", "mute", _l("Open")),
        "asked": _badge("circle-help", "info", _l("More was asked for")),
        "soon": _badge("alarm-clock", "wait", _l("Due soon")),
        "overdue": _badge("clock-alert", "bad", _l("Overdue"), "solid"),
        "sending": _badge("send", "info", _l("Answer on its way")),
        "closed": _badge("archive", "ok", _l("Closed")),
    },
    "outbox": {
        "queued": _badge("inbox", "mute", _l("Queued")),
        "sent": _badge("hourglass", "wait", _l("Waiting for İYS"), short=_l("Waiting")),
        "done": _badge("check", "ok", _l("Done")),
        "retrying": _badge("refresh-cw", "wait", _l("Will be tried again")),
        "stopped": _badge("circle-x", "bad", _l("Stopped")),
    },
}

CHANNELS: dict[str, tuple[str, Any]] = {
    "MESAJ": ("message-square", _l("SMS")),
    "ARAMA": ("phone", _l("Call")),
    "EPOSTA": ("mail", _l("E-mail")),
}


def badge_of(family: str, key: str) -> Badge:
    """The badge of a state; raises LookupError for one that the table does not know."""
    try:
        return BADGES[family][key]
    except KeyError:
        raise LookupError(f"no badge {key!r} in family {family!r}") from None

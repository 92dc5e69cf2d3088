"""The pieces of the document that tell of campaigns: filters, answers, examples.

Apart from :mod:`ileti.api.campaigns` so that neither file outgrows its room.
"""

from __future__ import annotations

from typing import Any, Final

from ileti.api import shapes
from ileti.api.shapes import ADDRESSES, BRANDS, LIMIT, SPAN, many, maybe, obj
from ileti.campaigns.reasons import Reason
from ileti.campaigns.told import Word
from ileti.campaigns.vocabulary import State
from ileti.channels.sms import Delivery
from ileti.templates.vocabulary import MessageClass

PATH: Final = "/api/v1/campaigns"
WORDS: Final = {one.name.lower(): one for one in Reason}
_STATE: Final = {"type": "string", "enum": [one.name for one in State]}
_DENIAL: Final = {"type": "string", "enum": list(WORDS)}
_WORD: Final = {"type": "string", "enum": [one.value for one in Word]}
_DELIVERY: Final = {"type": "string", "enum": [one.name for one in Delivery]}
_CLASS: Final = {"type": "string", "enum": [one.code for one in MessageClass]}

ASKED: Final[shapes.Declared] = LIMIT | BRANDS | SPAN | {
    "channel": (many(shapes.CHANNEL), ("Kanallar, virgülle.", "Channels, with commas.")),
    "state": (many(_STATE), ("Durumlar, virgülle.", "States, with commas.")),
}
PEOPLE: Final[shapes.Declared] = LIMIT | ADDRESSES | {
    "state": (many(_WORD), ("İletinin durumu, virgülle.", "States of the message, with commas.")),
    "denial": (many(_DENIAL), ("Almayanlar, nedeniyle, virgülle.",
                               "Who got none, by the reason, with commas.")),
    "delivery": (many(_DELIVERY), ("Sağlayıcının bildirdiği, virgülle.",
                                   "What the provider reported, with commas.")),
}

_REASONS: Final = many(obj(denial=_DENIAL, people=shapes.WHOLE))
_HEAD: Final = {
    "id": shapes.WHOLE, "name": shapes.TEXT, "state": _STATE, "brand": shapes.WHOLE,
    "retailerCode": maybe(shapes.WHOLE), "channel": shapes.CHANNEL, "recipientType": shapes.KIND,
    "messageClass": _CLASS, "people": shapes.WHOLE, "problem": maybe(shapes.TEXT),
    "createdAt": shapes.MOMENT, "preparedAt": maybe(shapes.MOMENT),
    "releasedAt": maybe(shapes.MOMENT), "beginAt": maybe(shapes.MOMENT),
    "endedAt": maybe(shapes.MOMENT)}
_MESSAGE: Final = obj(
    no=shapes.WHOLE, address=maybe(shapes.TEXT), state=_WORD, denial=maybe(_DENIAL),
    record=maybe(shapes.RECORD), gateway=maybe(shapes.TEXT), delivery=maybe(_DELIVERY),
    deliveryReason=maybe(shapes.TEXT), at=maybe(shapes.MOMENT), deliveredAt=maybe(shapes.MOMENT),
    refusedAt=maybe(shapes.MOMENT))
SCHEMAS: Final = {
    "Campaigns": shapes.page(obj(**_HEAD)),
    "Campaign": obj(**_HEAD, sender=maybe(shapes.TEXT), templateVersion=maybe(shapes.WHOLE),
                    perSecond=maybe(shapes.WHOLE),
                    preflight=maybe(obj(at=shapes.MOMENT, goes=shapes.WHOLE, blocked=shapes.WHOLE,
                                        reasons=_REASONS)),
                    results=maybe(obj(
                        asked=shapes.WHOLE, handed=shapes.WHOLE, blocked=shapes.WHOLE,
                        inDoubt=shapes.WHOLE, failed=shapes.WHOLE, reasons=_REASONS,
                        unreported=shapes.WHOLE,
                        deliveries=many(obj(delivery=_DELIVERY, messages=shapes.WHOLE)),
                        refusedAfter=shapes.WHOLE))),
    "CampaignMessages": shapes.page(_MESSAGE),
}
_AT: Final = "2026-11-30T10:00:00.000+03:00"
_HEAD_EXAMPLE: Final = {
    "id": 12, "name": "Kış indirimi", "state": "RUNNING", "brand": 731_204, "retailerCode": None,
    "channel": "MESAJ", "recipientType": "BIREYSEL", "messageClass": "TICARI", "people": 48_210,
    "problem": None, "createdAt": _AT, "preparedAt": _AT, "releasedAt": _AT, "beginAt": None,
    "endedAt": None}
_REFUSED_EXAMPLE: Final = [{"denial": "refused", "people": 1_104}]
_MESSAGE_EXAMPLE: Final = {
    "no": 1, "address": "0599 ••• •• 17", "state": "SENT", "denial": None,
    "record": "IZN-7Q2D-0K4M-XW81", "gateway": "netgsm", "delivery": "DELIVERED",
    "deliveryReason": None, "at": _AT, "deliveredAt": _AT, "refusedAt": None}
EXAMPLES: Final[dict[str, Any]] = {
    "Campaigns": {"items": [_HEAD_EXAMPLE], "next": None},
    "Campaign": _HEAD_EXAMPLE | {
        "sender": "DEFNE EV", "templateVersion": 9, "perSecond": None,
        "preflight": {"at": _AT, "goes": 47_106, "blocked": 1_104, "reasons": _REFUSED_EXAMPLE},
        "results": {"asked": 20_000, "handed": 19_540, "blocked": 460, "inDoubt": 0, "failed": 0,
                    "reasons": [{"denial": "refused", "people": 460}], "unreported": 1_540,
                    "deliveries": [{"delivery": "DELIVERED", "messages": 18_000}],
                    "refusedAfter": 12}},
    "CampaignMessages": {"items": [_MESSAGE_EXAMPLE], "next": None},
}

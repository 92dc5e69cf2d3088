"""Each day's seals by mail, to people outside who keep them (R-69).

Why this module exists: a mailbox at a notary or an auditor is a place that nobody here can rewrite,
and every company has mail. One mail a day and address with the seals it lacks as a file; the number
of the last and its digest stand in words too, so that even a printed mail vouches.
"""

from __future__ import annotations

from typing import Final

from config import settings
from ileti.channels.base import Attachment, Envelope, Refused, Sent
from ileti.channels.gateways.demo import DemoGateway
from ileti.channels.registry import gateway_for
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.errors import OutsideFinal, OutsideRetryable
from ileti.evidence import seal
from ileti.evidence.copies import File, Way, carry

_SUBJECT: Final = "İleti: {first}–{last} numaralı mühürler / seals {first} to {last}"
_TEXT: Final = """\
Bu e-posta bir kanıttır: {base} kurulumunun {first}–{last} numaralı mühürleri ektedir.
Son mührün özeti (SHA-256): {digest}

Bu e-postayı olduğu gibi saklayın. Yanıtlamanız ya da bir şey yapmanız gerekmez. Defterin sonradan
değiştirilmediği bununla denetlenir: ileti audit --against EPOSTA.eml

This mail is a proof: seals {first} to {last} of the installation {base} are attached.
The digest of the last one (SHA-256): {digest}

Keep this mail as it is. You need not answer or do anything. It shows that the ledger was not
changed afterwards: ileti audit --against MAIL.eml
"""


def addresses() -> list[str]:
    """Who gets them."""
    return [one for part in settings().seal_export_mail.split(",") if (one := part.strip())]


def mail_due() -> dict[str, int]:
    """Send each address the seals it lacks, once a day. Counts of ``sent`` and ``failed``."""
    counts: dict[str, int] = {}
    for address in addresses():
        def send(file: File, address: str = address) -> None:
            _send(file, address)

        if done := carry(Way.MAIL, address, send):
            counts[done] = counts.get(done, 0) + 1
    return counts


def _send(file: File, address: str) -> None:
    db.refuse_open_transaction()
    last = next(iter(seal.chain(file.last, file.last)))
    said = {"first": file.first, "last": file.last, "digest": last.digest.hex(),
            "base": settings().base_url}
    gateway = gateway_for(Channel.EPOSTA, settings())
    if gateway.name == DemoGateway.name:
        raise OutsideFinal("SMTP_URL tanımlı değil; deneme posta kutusu kimseye ulaşmaz.",
                           "SMTP_URL is not set; the demo mailbox reaches nobody.",
                           code="no_mail_server")
    answer = gateway.send(Envelope(
        file.last, Channel.EPOSTA, address, _SUBJECT.format(**said), _TEXT.format(**said),
        series=f"seals-{file.first}-", attachments=(
            Attachment(file.name, "application/x-ndjson", file.content),)))
    if isinstance(answer, Refused):
        raise OutsideFinal(answer.reason, answer.reason, code="mail_refused")
    if not isinstance(answer, Sent):
        raise OutsideRetryable(answer.reason, answer.reason, code="mail_away")

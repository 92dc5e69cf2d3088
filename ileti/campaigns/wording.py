"""The words of a campaign: frozen when it is written, filled in for each person when they go.

Why this module exists: what people agree to and sign is the whole message, with what the law adds
to it (R-24 to R-29). So a campaign keeps the composed text of a published version, who declared
what it is and when (R-04), and the version's hash; later changes of template or record reach it
only when somebody writes the campaign anew. Merge fields are filled in when a batch is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ileti.campaigns import values
from ileti.consents.vocabulary import Channel
from ileti.core.errors import CallerMistake
from ileti.templates import lifecycle
from ileti.templates.compose import REFUSE, Filled, compose
from ileti.templates.merge import Text
from ileti.templates.senders import sending
from ileti.templates.valuewords import Judge
from ileti.templates.written import Content, kept

_OWN = frozenset({REFUSE})


@dataclass(frozen=True)
class Wording:
    """The words, compiled. ``fields``: what is filled in per person."""

    subject: Text
    text: Text
    html: Text | None

    @property
    def fields(self) -> frozenset[str]:
        """Every field a person's values are asked for."""
        found = self.subject.fields | self.text.fields
        return found | self.html.fields if self.html else found

    def judge(self, *, agreed: bool) -> Judge:
        """Who judges what is filled in (R-03); ``agreed``: a second person agreed to the words."""
        return Judge([one for one in (self.subject, self.text, self.html) if one is not None],
                     agreed=agreed)

    def fill(self, said: Mapping[str, str]) -> Filled:
        """The message of one person."""
        return Filled(self.subject.fill(said), self.text.fill(said),
                      self.html.fill(said) if self.html else "")

    def fill_all(self, place: tuple[int, int], channel: Channel, ids: Sequence[int],
                 known: Mapping[int, dict[str, str]] | None = None) -> list[Filled]:
        """The messages of these recipients, in their order; ``place``: provider and brand,
        ``known``: their values, where they were read already."""
        wanted = self.fields
        if not wanted:
            return [self.fill({})] * len(ids)
        return [self.fill(said)
                for said in values.of_people(*place, channel, ids, wanted, known)]


def of(content: Mapping[str, Any]) -> Wording:
    """The words of what a campaign keeps as its content."""
    html = content.get("html")
    return Wording(Text(content.get("subject", "")), Text(content["text"], own=_OWN),
                   Text(html, html=True, own=_OWN) if html else None)


def freeze(place: tuple[int, int, int | None], version_id: int, channel: Channel) -> dict[str, Any]:
    """A published version composed for provider, brand and dealer, as a campaign keeps it. Raises
    NotFound, CannotCompose (the record lacks what the law wants), CallerMistake (another channel's
    text, a dealer's, another brand's: what was consented to is this one's, R-17)."""
    provider, brand, dealer = place
    content = lifecycle.content(version_id, provider_id=provider)
    of_brand, of_dealer = lifecycle.whose(version_id)
    if of_brand not in (None, brand):
        raise CallerMistake("Şablon başka bir markanın (R-17).",
                            "The template is of another brand (R-17).", code="other_brand")
    if of_dealer not in (None, dealer):
        raise CallerMistake("Şablon bir bayinin; yalnız o bayi gönderir.",
                            "The template is a dealer’s, which alone sends it.",
                            code="other_dealer")
    if content.channel is not channel:
        raise CallerMistake("Şablon başka bir kanalın.", "The template is of another channel.",
                            code="other_channel")
    who = sending(provider, brand, channel, dealer_id=dealer)
    made = compose(content, who.sender, who.refusal, by_dealer=who.by_dealer,
                   custom=lifecycle.custom_keys(provider))
    return frozen(content) | {
        "brand": who.sender.brand or who.sender.title, "refuseKey": who.refusal.key,
        "subject": made.subject.source, "text": made.body.source,
        "html": made.html.source if made.html else "", "added": list(made.added)}


def frozen(content: Content) -> dict[str, Any]:
    """What was declared of the words, and the author's part of them."""
    said = kept(content)
    return {
        "version": content.version_id, "hash": content.digest.hex(), "body": said["body"],
        "ownSubject": said["subject"],
        "class": said["class"], "occasion": said["occasion"], "reference": said["reference"],
        "terms": said["terms"], "ends": said["ends"], "tags": said["tags"],
        "declaredBy": content.declared_by, "reason": content.reason,
        "approvedBy": content.approved_by, "approval": content.approval,
        "declaredAt": content.declared_at.isoformat() if content.declared_at else None}

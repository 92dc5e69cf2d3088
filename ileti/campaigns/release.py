"""Letting a campaign go: what is checked last, what is signed, and who has to agree.

Why this module exists: after a release nobody looks at each message any more. So the words are
judged again (R-01 to R-04, R-27), a road has to carry the channel, whoever releases has proved
themselves over a digest of exactly what will be sent (R-51), and where the provider wants it a
second person agrees to that digest; where what is filled in promotes although the message is
exempt, always, and with a reason (R-03). One letter changed, and the signature and the agreement
are void: the digest is of another campaign.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Final

import rfc8785

from ileti.campaigns import plan, termslink, valuescan
from ileti.campaigns.plan import Campaign
from ileti.campaigns.roads import roads
from ileti.campaigns.termslink import Link
from ileti.campaigns.vocabulary import State
from ileti.channels import accounts, refusing, voice
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db, jobs
from ileti.core.errors import Conflict, InvalidInput
from ileti.evidence import stepup
from ileti.templates import content as judging
from ileti.templates import lifecycle
from ileti.templates.content import Finding, Said
from ileti.templates.judging import words_beside
from ileti.templates.vocabulary import Occasion
from ileti.tenancy import deeds, foureyes
from ileti.tenancy.foureyes import Carrier, Request, Waits, Wish

DEED: Final = "campaign_release"
#: the same where what fields say promotes: whatever the provider wants, and with a reason (R-03)
DEED_PROMOTING: Final = "campaign_release_promoting"
#: who may release, and who may agree
RIGHT: Final = "campaign:release"
#: it was released
_GONE: Final = (State.RUNNING, State.PAUSED, State.DONE)


def digest_of(campaign: Campaign) -> bytes:
    """SHA-256 over all that will be sent and to whom: RFC 8785 JSON of words, audience, size and
    bounds. It changes with each of them and with nothing else."""
    return sha256(rfc8785.dumps({
        "campaign": campaign.id, "provider": campaign.provider_id, "brand": campaign.brand_id,
        "dealer": campaign.dealer_id, "channel": campaign.channel.name,
        "recipientType": campaign.recipient_type.name, "class": campaign.declared.code,
        "content": campaign.content, "audience": campaign.audience, "people": campaign.total,
        "sender": campaign.sender, "topics": sorted(campaign.topics),
        "beginAt": campaign.begin_at.isoformat() if campaign.begin_at else None,
        "quiet": list(campaign.quiet) if campaign.quiet else None,
        "onHolidays": campaign.on_holidays,
        "cap": list(campaign.cap) if campaign.cap else None})).digest()


def findings(campaign: Campaign) -> list[Finding]:
    """What is wrong with the words as declared (R-01 to R-04, R-27); of a mail its HTML is read
    too, as its author wrote it."""
    kept = campaign.content
    body, html = kept.get("body") or kept["text"], _html_words(campaign)
    occasion = kept.get("occasion")
    ends = kept.get("ends")
    return judging.check(Said(
        body=f"{body}\n{html}" if html else body, declared=campaign.declared,
        subject=kept.get("ownSubject", ""), occasion=Occasion(occasion) if occasion else None,
        reference=kept.get("reference", ""), terms=kept.get("terms", ""),
        ends=date.fromisoformat(ends) if ends else None),
        today=clock.today())


def _html_words(campaign: Campaign) -> str:
    version = campaign.content.get("version")
    if not campaign.content.get("html") or not version:
        return ""
    return words_beside(lifecycle.content(version, provider_id=campaign.provider_id))


def obstacles(campaign: Campaign) -> list[tuple[str, str]]:
    """Everything that keeps it from going, in Turkish and English; empty when it may."""
    found = [(one.tr, one.en) for one in findings(campaign) if one.level == judging.ERROR]
    second = [one for one in findings(campaign) if one.level == judging.SECOND_PERSON]
    if second and not campaign.content.get("approvedBy"):
        found += [(one.tr, one.en) for one in second]
    if (campaign.preflight or {}).get(valuescan.MORE):
        found.append((f"Alanlara yazılanların {valuescan.MOST_SHOWN}’den çoğu özendiriyor: ticari "
                      "olarak gönderin ya da alanları düzeltin (R-03).",
                      f"More than {valuescan.MOST_SHOWN} values of fields promote: send it as "
                      "commercial, or mend the fields (R-03)."))
    if not campaign.total:
        found.append(("Kitlede kimse yok.", "There is nobody in the audience."))
    ways = roads(campaign.provider_id, campaign.brand_id, campaign.channel,
                 commercial=not campaign.declared.exempt, sender=campaign.sender)
    if ways and not any(accounts.carries(one, str(campaign.content["text"])) for one in ways):
        found.append(("Bağlantı içeren SMS yurt dışından gönderilmez; yurt içi bir hesap açın "
                      "(R-52).", "An SMS with a link is not sent from abroad; open a domestic "
                      "account (R-52)."))
    if not ways:
        found.append(("Bu kanal için açık bir gönderim hesabı yok.",
                      "No gateway account carries this channel."))
    if campaign.channel is Channel.MESAJ and not campaign.declared.exempt:
        found += refusing.obstacles(campaign.provider_id, campaign.brand_id)
    if (campaign.channel is Channel.ARAMA
            and campaign.content.get("refuseKey") not in voice.KEYS):
        found.append(("Aramada ret tuşu bir rakam olmalı; sağlayıcı kaydında yazın (R-29).",
                      "In a call a digit must refuse; write it into the provider’s record (R-29)."))
    if campaign.declared.exempt and not campaign.content.get("declaredBy"):
        found.append(("İstisnayı kimin beyan ettiği belli değil (R-04).",
                      "Nobody stands for the exemption (R-04)."))
    return found


def release(campaign: Campaign, *, by: int | None) -> Link:
    """Let it go, at its beginning or now; what became of the look at its conditions' page. Raises
    InvalidInput (an obstacle), Conflict (not ready, no signature), Waits (a second person has to
    agree first)."""
    if campaign.state is not State.READY:
        raise _not_ready()
    stops = obstacles(campaign)
    if stops:
        raise InvalidInput(" ".join(tr for tr, _ in stops), " ".join(en for _, en in stops),
                           code="obstacles")
    digest = digest_of(campaign)
    _proof_of(campaign, digest, by)
    link = _conditions(campaign)
    wish = _wish(campaign, digest)
    if asks_second(campaign):
        foureyes.ask(wish, by=by)
        raise Waits()
    foureyes.needed(wish, by=by)
    _go(campaign, digest, by=by, agreed_by=None, link=link)
    return link


def asks_second(campaign: Campaign) -> bool:
    """Whether what its fields say promotes, so that a second person has to say why it goes (R-03).
    """
    return bool(valuescan.agreed(campaign.preflight))


def _conditions(campaign: Campaign) -> Link:
    """Looks whether the page of an advertisement's conditions is there; raises InvalidInput when it
    is not (R-27)."""
    if campaign.declared.exempt:
        return Link.NONE
    link = termslink.look(campaign.content.get("terms") or "")
    if link is Link.GONE:
        raise InvalidInput("Koşulların sayfası yok (404); adresini düzeltin (R-27).",
                           "The page of the conditions is not there (404); mend its address "
                           "(R-27).", code="terms_gone")
    return link


def _changed() -> Conflict:
    return Conflict("Kampanya bu arada değişti; yeniden bakın.",
                    "The campaign has changed meanwhile; look again.", code="other_state")


def _not_ready() -> Conflict:
    return Conflict("Kampanya hazır değil; önce ön denetim yapılır.",
                    "The campaign is not ready; pre-flight comes first.", code="not_ready")


def resume(campaign: Campaign, *, by: int | None) -> None:
    """Let a paused one go on; its words are judged again, since a promotion may have ended
    meanwhile (R-27). Raises InvalidInput, Conflict."""
    wrong = [one for one in findings(campaign) if one.level == judging.ERROR]
    if wrong:
        raise InvalidInput(" ".join(one.tr for one in wrong), " ".join(one.en for one in wrong),
                           code="obstacles")
    plan.resume(campaign, by=by)


def _proof_of(campaign: Campaign, digest: bytes, by: int | None) -> int | None:
    """The number of the signature over this digest; raises Conflict where one is wanted (R-51)."""
    if stepup.wanted(campaign.provider_id) is None:
        return None
    proof = stepup.valid(campaign.provider_id, campaign.subject, digest, user_id=by)
    if proof is None:
        raise Conflict("Yayından önce elektronik imzanızla doğrulayın (R-51).",
                       "Prove yourself by your electronic signature before the release (R-51).",
                       code="step_up")
    return proof.id


def _wish(campaign: Campaign, digest: bytes) -> Wish:
    deed = DEED_PROMOTING if asks_second(campaign) else DEED
    return Wish("campaign", deed, campaign.subject, RIGHT,
                {"campaign": campaign.id, "people": campaign.total, "digest": digest.hex()},
                *campaign.place)


def _go(campaign: Campaign, digest: bytes, *, by: int | None, agreed_by: int | None, link: Link
        ) -> None:
    proof = _proof_of(campaign, digest, by)
    with db.transaction(system=True) as conn:
        now = plan.read(campaign.provider_id, campaign.id, conn, lock=True)
        if digest_of(now) != digest or valuescan.agreed(now.preflight) != valuescan.agreed(
                campaign.preflight):
            raise _changed()
        done = conn.execute(
            "update campaign set state = 5, released_by = %s, released_at = now(), digest = %s, "
            "step_up_id = %s, next_at = greatest(now(), begin_at), problem = null, "
            "changed_at = now() where provider_id = %s and id = %s and state = 3",
            (by, digest, proof, campaign.provider_id, campaign.id))
        if not done.rowcount:
            raise Conflict("Kampanya bu adımda değil; sayfayı yenileyin.",
                           "The campaign is at another step; load the page again.",
                           code="other_state")
        provider, brand, dealer = campaign.place
        deeds.note(conn, "campaign:release", campaign.subject, provider_id=provider,
                   brand_id=brand, dealer_id=dealer, user_id=by,
                   detail={"people": campaign.total, "digest": digest.hex(), "agreed": agreed_by,
                           "terms": link.value})
    jobs.ring(plan.HAND_JOB)


def _read(wish: Wish) -> Campaign:
    return plan.read(wish.provider_id or 0, wish.act["campaign"], db.system_connection())


def _mark(wish: Wish) -> str:
    """Its digest as it is now, and which values of its fields promote: another text or audience is
    another campaign, and other words in its fields are other words."""
    campaign = _read(wish)
    said = sorted(valuescan.agreed(campaign.preflight))
    return digest_of(campaign).hex() + (
        ":" + sha256(rfc8785.dumps([list(one) for one in said])).hexdigest() if said else "")


def _carry_out(request: Request) -> None:
    campaign, digest = _read(request.wish), bytes.fromhex(request.wish.act["digest"])
    if campaign.state in _GONE and campaign.digest == digest:
        return  # the process ended between the release and the note that it was done
    if campaign.state is not State.READY:
        raise _not_ready()
    if _mark(request.wish) != request.mark:
        raise _changed()
    if stops := obstacles(campaign):
        raise InvalidInput(" ".join(tr for tr, _ in stops), " ".join(en for _, en in stops),
                           code="obstacles")
    _go(campaign, digest, by=request.asked_by, agreed_by=request.decided_by,
        link=_conditions(campaign))


def _about(request: Request, language: str) -> list[tuple[str, str]]:
    campaign, english = _read(request.wish), language == "en"
    number = f"{campaign.total:,}"
    return [("Campaign" if english else "Kampanya", campaign.name),
            ("People" if english else "Kişi", number if english else number.replace(",", ".")),
            ("Text" if english else "Metin", str(campaign.content["text"])[:300]),
            *_promoting(campaign, english=english)]


def _promoting(campaign: Campaign, *, english: bool) -> list[tuple[str, str]]:
    said = sorted(valuescan.agreed(campaign.preflight))
    return [("What fields say and promotes (R-03)" if english else "Alanlarda özendiren (R-03)",
             "\n".join(f"{{{key}}}: {value[:200]}" for key, value in said))] if said else []


_AGAIN: Final = "a campaign that runs is not released again"
foureyes.carries_out(DEED, Carrier("campaign", _carry_out, _mark, _about, _AGAIN))
foureyes.carries_out(DEED_PROMOTING, Carrier("campaign", _carry_out, _mark, _about, _AGAIN,
                                             needs_reason=True))

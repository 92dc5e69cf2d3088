"""İYS's links by which a recipient of e-mails refuses there (İYS API §11, via-hash-links)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from ileti.consents.vocabulary import RecipientType
from ileti.iys.answers import Unreadable, read_json
from ileti.iys.calls import Calls, in_parts


class LinkCalls(Calls):
    """Refusal links."""

    def refusal_links(self, brand_code: int, recipients: Sequence[str],
                      kind: RecipientType) -> dict[str, str]:
        """A link per e-mail address in lower case, good for 90 days; an address that İYS does not
        hold as ONAY has none (H568). Asked for in parts of a hundred."""
        found: dict[str, str] = {}
        for part in in_parts(recipients):
            body = {"recipients": [
                {"recipient": one, "recipientType": kind.name} for one in part]}
            answer = self._call(
                "POST", f"{self._brand(brand_code)}/via-hash-links", "refusal_links", body)
            asked = frozenset(one.lower() for one in part)
            found |= self._read(partial(parse_links, asked=asked), answer)
        return found


def parse_links(body: bytes | str | None, asked: frozenset[str]) -> dict[str, str]:
    """Links by address; ``Unreadable`` for a list that is none, or one about somebody else: a link
    in the wrong e-mail would let a stranger refuse (fault row 20)."""
    answer = read_json(body)
    if not isinstance(answer, list):
        raise Unreadable("the answer is not a list")
    found: dict[str, str] = {}
    for one in answer:
        recipient = one.get("recipient") if isinstance(one, Mapping) else None
        if not isinstance(recipient, str) or recipient.lower() not in asked:
            raise Unreadable("recipient: not one asked for")
        url, code = one.get("url"), one.get("code")
        if isinstance(url, str) and url.startswith(("https://", "http://")):
            found[recipient.lower()] = url
        elif code != "H568":
            raise Unreadable("url: missing")
    return found

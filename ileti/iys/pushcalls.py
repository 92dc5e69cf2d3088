"""İYS's calls that make it report citizens' changes to an address of ours (İYS API §6.11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ileti.consents.vocabulary import Channel
from ileti.iys.answers import Unreadable, read_json
from ileti.iys.calls import Calls

# The list says in words whether İYS could reach the address.
_MADE: Final = "oluşturuldu"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushTarget:
    """Where and how İYS shall reach us for one channel: https, basic authentication."""

    url: str
    channel: Channel
    username: str
    password: str = field(repr=False)

    def to_wire(self) -> dict[str, str]:
        """The documented keys."""
        return {"url": self.url, "type": self.channel.name, "username": self.username,
                "password": self.password}


@dataclass(frozen=True, slots=True, kw_only=True)
class PushConnection:
    """A connection as İYS lists it; ``made`` when İYS could reach the address."""

    url: str
    channel: Channel
    made: bool


class PushCalls(Calls):
    """Push of a brand; İYS opens it on request to its support."""

    def register_push(self, brand_code: int, targets: Sequence[PushTarget]) -> None:
        """Register addresses; İYS calls each with a test record before it answers, so an address of
        ours must be open when this is called."""
        path = f"{self._brand(brand_code)}/push/registration"
        body = {"connection": [one.to_wire() for one in targets]}
        self._read(parse_message, self._call("POST", path, "register_push", body))

    def push_connections(self, brand_code: int) -> list[PushConnection]:
        """What is registered for the brand."""
        path = f"{self._brand(brand_code)}/push/registration"
        return self._read(parse_connections, self._call("GET", path, "push_connections"))

    def unregister_push(self, brand_code: int, target: PushTarget) -> None:
        """Take one address away; with the credentials it was registered with."""
        path = f"{self._brand(brand_code)}/push/unregistration"
        self._read(parse_message, self._call("POST", path, "unregister_push", target.to_wire()))


def parse_message(body: bytes | str | None) -> str:
    """İYS's sentence that it was done; ``Unreadable`` for anything else."""
    answer = read_json(body)
    message = answer.get("message") if isinstance(answer, Mapping) else None
    if not isinstance(message, str):
        raise Unreadable("message: missing")
    return message


def parse_connections(body: bytes | str | None) -> list[PushConnection]:
    """The registered connections; ``Unreadable`` when the answer is no list of them."""
    answer = read_json(body)
    if not isinstance(answer, list):
        raise Unreadable("the answer is not a list")
    found = []
    for one in answer:
        if not isinstance(one, Mapping) or one.get("type") not in Channel.__members__:
            raise Unreadable("type: unknown")
        found.append(PushConnection(
            url=str(one.get("url") or ""), channel=Channel[one["type"]],
            made=str(one.get("status")).strip().lower().endswith(_MADE)))
    return found

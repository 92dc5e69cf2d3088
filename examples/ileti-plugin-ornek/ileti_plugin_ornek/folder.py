"""A gateway that lays messages into a folder, and where that folder is."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ileti.channels.base import Answer, Envelope, Retry, Sent
from ileti.channels.sms import Batch, Delivery, Handed, Later, Report, Taken, Unreadable
from ileti.hooks.kinds import Said, Unfit


def folder() -> Path:
    """The folder of ORNEK_FOLDER; KeyError without it, which İleti tells with our name."""
    return Path(os.environ["ORNEK_FOLDER"])


@dataclass(frozen=True)
class FolderGateway:
    """One line of JSON per message. ``message_id`` is the same at every try, so that whoever reads
    the file takes a message once."""

    folder: Path
    name: str = "ornek"

    def send(self, message: Envelope) -> Answer:
        """Append; a disk that is full or away is tried again later."""
        line = json.dumps({"id": message.message_id, "to": message.to, "text": message.text},
                          ensure_ascii=False)
        try:
            with (self.folder / "giden.jsonl").open("a", encoding="utf-8") as out:
                out.write(line + "\n")
        except OSError as error:
            return Retry(type(error).__name__)
        return Sent(f"ornek-{message.message_id}")


@dataclass(frozen=True)
class FolderSms:
    """The same for many at once, as an account of the panel: a batch is appended in one write, and
    what lies in the file has arrived."""

    path: Path
    name: str = "ornek-dosya"
    most: int = 1_000
    many_texts: bool = True

    @classmethod
    def of(cls, values: Mapping[str, str]) -> FolderSms:
        """The gateway of an account; raises Unfit."""
        if not re.fullmatch(r"[a-z0-9-]{1,40}", values["file"]):
            raise Unfit("file", Said("Küçük harf, rakam ve tire yazın.",
                                     "Write small letters, digits and dashes."))
        return cls(folder() / f"{values['file']}.jsonl")

    def send(self, batch: Batch) -> Handed:
        """Append; a disk that is full took nothing."""
        lines = "".join(json.dumps({
            "batch": batch.name, "id": one.id, "from": batch.sender, "to": one.to,
            "text": one.text}, ensure_ascii=False) + "\n" for one in batch.messages)
        try:
            with self.path.open("a", encoding="utf-8") as out:
                out.write(lines)
        except OSError as error:
            return Later(type(error).__name__)
        return Taken(batch.name)

    def reports(self, outside_id: str) -> list[Report]:
        """All that lies there under this name."""
        said = map(json.loads, self.path.read_text("utf-8").splitlines())
        return [Report(outside_id, one["to"], Delivery.DELIVERED, own_id=one["id"])
                for one in said if one["batch"] == outside_id]

    def pushed(self, body: bytes) -> list[Report]:
        """Nobody pushes."""
        raise Unreadable("a folder pushes nothing")

    def senders(self) -> list[str] | None:
        """Any title."""
        return None

"""The call in the proof of a consent: what was read and heard when, and what proves the voice.

Why this module exists: whoever shows a consent of a call must show that the notice came first, the
question was asked and answered, and which recording it is on (R-20, R-23, R-60). The call is named
by the record's evidence, which its leaf covers. This room registers by being imported
(ileti/factory.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ileti.callcentre.calls import CallNow, StepRow, load_any
from ileti.callcentre.vocabulary import Said, Service, Step
from ileti.consents.bundled import Proven
from ileti.consents.recount import Told, Tone, recounts
from ileti.core.errors import NotFound


@recounts
def calls(provider_id: int, proven: Sequence[Proven]) -> Iterator[Told]:
    """The steps of the call a record came by, and its recording."""
    entries: dict[int, list[Proven]] = defaultdict(list)
    for one in proven:
        said = one.parts["evidence"]
        number = said.get("call") if isinstance(said, dict) else None
        if isinstance(number, int) and said.get("flow") == "call":
            entries[number].append(one)
    for number, records in entries.items():
        try:
            call = load_any(number)
        except NotFound:
            continue
        if call.place.provider_id != provider_id:
            continue
        for one in records:
            yield from _told(call, one.entry.id, one.entry.text_id)


def _told(call: CallNow, entry: int, text_id: int | None) -> Iterator[Told]:
    number = "numara santralden geldi" if call.by_system else "numara yazıldı"
    yield Told(entry, call.started_at, f"Çağrı {call.id} başladı", number, "mute")
    for step in call.steps:
        line = _line(call, step, text_id)
        if line is not None:
            yield Told(entry, step.at, *line)
    if call.recording_at is not None and call.recording_sha256 is not None:
        where = "kanıt kasasında" if call.recording_file is not None else "santralde, bağlantıyla"
        yield Told(entry, call.recording_at, "Görüşmenin ses kaydı geldi",
                   f"{where} · sha256 {call.recording_sha256.hex()}", "seal")


def _line(call: CallNow, step: StepRow, text_id: int | None) -> tuple[str, str, Tone] | None:
    """Title, facts and tone of a step that this record needs."""
    text = next((one for one in call.texts if one.id == step.text_id), None)
    named = f"{text.title}, sürüm {text.version}" if text else ""
    if step.kind is Step.SERVICE:
        return "Arama nedeni seçildi", Service(step.word).tr if step.word else "", "mute"
    if step.kind is Step.NOTICE:
        return "Aydınlatma metni sesli okundu", named, "ok"
    if step.kind is Step.NAME:
        later = call.ended_at is not None and step.at > call.ended_at
        return "Ad ve soyad kayıttan yazıldı" if later else "Ad ve soyad soruldu", "", "mute"
    if step.kind is Step.ANSWER and step.text_id == text_id:
        return ("Kişi evet dedi" if step.said is Said.YES else "Kişi hayır dedi", named,
                "accent" if step.said is Said.YES else "ret")
    if step.kind is Step.REFUSAL:
        return "Kişi reddetti", step.channel.tr if step.channel else "bütün kanallar", "ret"
    return None

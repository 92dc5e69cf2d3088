"""The demo begins with samples to write over and with two templates that can be sent."""

from __future__ import annotations

from typing import Any

from ileti.templates import samples
from ileti.templates.seed import seed_published, seed_templates


def test_samples_are_drafts_and_two_are_published_once(place: Any, conn: Any) -> None:
    assert seed_templates(place.provider_id) == len(samples.SAMPLES)
    assert seed_templates(place.provider_id) == 0
    for _ in range(2):
        seed_published(place.provider_id, user_id=1)
    found = conn.execute(
        "select t.channel, count(v.id), bool_and(v.declared_by = 1) from message_template t "
        "join message_template_version v on v.template_id = t.id where t.provider_id = %s "
        "group by t.channel order by 1", (place.provider_id,)).fetchall()
    assert [(channel, many, own) for channel, many, own in found] == [(2, 1, True), (3, 1, True)]
    assert conn.execute("select count(*) from message_template where provider_id = %s and sample",
                        (place.provider_id,)).fetchone() == (len(samples.SAMPLES),)

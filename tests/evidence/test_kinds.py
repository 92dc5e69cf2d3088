"""A file is what its bytes say; what a machine or a browser would run is not taken (ASVS 5.2.2)."""

from __future__ import annotations

import unicodedata

import pytest

from ileti.core.errors import CallerMistake
from ileti.evidence import kinds
from ileti.evidence.kinds import Role
from tests.evidence.samples import REFUSED, TAKEN, archive, pdf, png


def tell(data: bytes) -> str:
    textual = not any(byte < 32 and byte not in b"\t\n\f\r" for byte in data)
    return kinds.tell(data[:kinds.HEAD], data[-kinds.TAIL:], textual=textual)


@pytest.mark.parametrize("name", TAKEN)
def test_each_kind_that_is_taken_is_told_by_its_content(name: str) -> None:
    data, media_type = TAKEN[name]
    assert tell(data) == media_type


@pytest.mark.parametrize("name", REFUSED)
def test_each_other_kind_is_refused_with_what_is_taken_instead(name: str) -> None:
    with pytest.raises(CallerMistake) as found:
        tell(REFUSED[name])
    assert found.value.code == "kind_refused"
    assert "PDF" in found.value.tr
    assert "PDF" in found.value.en


def test_a_file_that_is_a_picture_and_an_archive_is_refused() -> None:
    with pytest.raises(CallerMistake):
        tell(png() + archive() + b"\0" * 300)


def test_a_role_fits_the_content_a_signed_form_is_a_scan() -> None:
    assert kinds.check_role(Role.SIGNED_FORM, "application/pdf") is Role.SIGNED_FORM
    for role, media_type in ((Role.SIGNED_FORM, "text/plain"), (Role.RECORDING, "image/png"),
                             (Role.MAIL, "audio/ogg"), (Role.SCREENSHOT, "application/pdf")):
        with pytest.raises(CallerMistake):
            kinds.check_role(role, media_type)


@pytest.mark.parametrize(("given", "shown"), [
    ("../../etc/passwd", "passwd"), ("C:\\Belgeler\\form.pdf", "form.pdf"),
    ("form\u202efdp.exe", "formfdp.exe"), ("a\0b\r\nSet-Cookie: x.pdf", "abSet-Cookie_ x.pdf"),
    ("", "dosya"), ("..", "dosya"), ('<"form">|?.pdf', "__form____.pdf"),
    (unicodedata.normalize("NFD", "İmzalı.pdf"), "İmzalı.pdf"), ("a" * 400 + ".pdf", None)])
def test_a_hostile_name_becomes_one_that_harms_nobody(given: str, shown: str | None) -> None:
    found = kinds.clean_name(given)
    assert len(found) <= kinds.LONGEST_NAME
    assert found == (shown or "a" * 176 + ".pdf")


@pytest.mark.parametrize(("one", "other"), [
    ("FORM-17.PDF", "form-17.pdf"), ("İMZA.pdf", "imza.PDF"), ("KAYIT.wav", "kayıt.wav"),
    ("taramalar\\17.pdf", "/arsiv/17.pdf"),
    (unicodedata.normalize("NFD", "şükrü.pdf"), unicodedata.normalize("NFC", "Şükrü.pdf"))])
def test_names_are_compared_by_their_last_part_without_case(one: str, other: str) -> None:
    assert kinds.fold_name(one) == kinds.fold_name(other)


def test_a_download_has_the_suffix_of_what_it_is() -> None:
    assert kinds.download_name("form", "application/pdf") == "form.pdf"
    assert kinds.download_name("form.exe", "application/pdf") == "form.exe.pdf"
    assert kinds.download_name("Form.PDF", "application/pdf") == "Form.PDF"
    assert tell(pdf()) == "application/pdf"

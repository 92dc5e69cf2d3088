"""Passwords: length and looking into what others use, no rules about signs."""

from __future__ import annotations

import pytest

from ileti.tenancy.passwords import common_words, is_weak


@pytest.mark.parametrize("password", [
    "kisa-olan", "aaaaaaaaaaaaaaa", "123456789012", "parola-parola-1", "Galatasaray1905!",
    "P@r0la.2026!", "fenerbahce190786", "1q2w3e4r5t6y", "qwertyuıopğü", "Istanbul34Ankara06",
    "ŞifreŞifre12", "asdfasdfasdf", "abcdefghijklm", "7391552819460037", "zxcvbnm,1234567",
    "x" * 129, "Aralik2026!!"])
def test_what_guessers_try_first_is_weak(password: str) -> None:
    assert is_weak(password)


@pytest.mark.parametrize("password", [
    "dogru-at-pil-zimba", "mavi kahve telgraf sabun", "Xk9-fQ2v-Lm7t", "ığdırdan gelen kayısı",
    "yepyeni-uzun-bir-parola", "çok uzun bir cümle, noktasıyla."])
def test_long_and_uncommon_is_enough(password: str) -> None:
    assert not is_weak(password)


@pytest.mark.parametrize(("password", "about"), [
    ("defne-ev-telgraf-9", ("Defne Ev",)), ("ada.yildiz-telgraf", ("ada.yildiz",)),
    ("YILDIZ-telgraf-kayısı", ("ada.yildiz@ornek.test",)),
    ("telgraf+L1m4nKahve", ("Liman Kahve",))])
def test_words_about_oneself_and_the_company_make_it_weak(password: str,
                                                          about: tuple[str, ...]) -> None:
    assert is_weak(password, about)
    assert not is_weak("telgraf-kayısı-zımba", about)


def test_the_list_is_folded_and_says_where_it_comes_from() -> None:
    from pathlib import Path

    from ileti.tenancy import passwords

    text = (Path(passwords.__file__).parent / "common_passwords.txt").read_text("utf-8")
    assert "Made by hand for İleti" in text
    assert len(common_words()) > 300
    assert all(word.isascii() and word == word.lower() for word in common_words())

"""What mails about an account say, in Turkish and English; pure, so that it is read in one place.

No mail but an invitation carries a link that lets somebody in: such mails can be forged, and people
who are used to such links click on the forger's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

#: the words other rooms use, in the order of the numbers that are kept: only add at the end
KINDS: Final = ("new_device", "password", "two_step_on", "two_step_off", "two_step_reset",
                "passkey_on", "passkey_off", "recovery_used", "recovery_new", "email", "outside",
                "invitation")

_TITLES: Final = {
    "new_device": ("Hesabınıza yeni bir yerden girildi",
                   "Your account was opened from a new place"),
    "password": ("Parolanız değişti", "Your password was changed"),
    "two_step_on": ("İki adımlı giriş açıldı", "Two-step sign-in was switched on"),
    "two_step_off": ("İki adımlı giriş kapatıldı", "Two-step sign-in was switched off"),
    "two_step_reset": ("İkinci giriş adımınız sıfırlandı", "Your second step was reset"),
    "passkey_on": ("Hesabınıza geçiş anahtarı eklendi", "A passkey was added to your account"),
    "passkey_off": ("Hesabınızdan geçiş anahtarı silindi", "A passkey was removed"),
    "recovery_used": ("Bir kurtarma kodu kullanıldı", "A recovery code was used"),
    "recovery_new": ("Yeni kurtarma kodları yapıldı", "New recovery codes were made"),
    "email": ("Hesabınızın e-posta adresi değişti", "Your account’s e-mail address was changed"),
    "outside": ("Kurum girişi hesabınıza bağlandı", "Your organisation’s sign-in was linked"),
}
_MORE: Final = {
    "new_device": (
        "Hesabınız daha önce kullanmadığınız bir tarayıcıdan ya da ağdan açıldı.",
        "Your account was opened from a browser or network you had not used before."),
    "two_step_reset": (
        "Bir yönetici, kaybettiğiniz ikinci adımı kaldırdı. Girişte yenisini kurabilirsiniz.",
        "An administrator took your lost second step away. You can set up a new one."),
    "recovery_used": (
        "Kullanılan kod bir daha geçmez. Az kaldıysa yenilerini yapın.",
        "That code works no more. Make new ones when few are left."),
}


@dataclass(frozen=True)
class Words:
    """All texts of one mail."""

    title: str
    paragraphs: list[str]
    user: str
    when: str
    device: str
    network: str
    by: str
    button: str
    why: str
    greeting: str

    def hello(self, person: str) -> str:
        """The greeting, with the name when there is one."""
        return self.greeting.format(person) if person else ""


def _invitation(details: dict[str, Any], language: str, until: str) -> Words:
    """The texts of an invitation; ``until``: when its link ends, in words."""
    by, company, role = (details.get(one, "") for one in ("by", "company", "role"))
    if language == "en":
        return Words(
            f"You are invited to {company}",
            [f"{by or 'Your administrator'} invites you to work in İleti for {company}, as: "
             f"{role}.", "Open the page, choose your password, and you are in. If you have an "
             "account already, sign in with it.", f"The link is good once, until {until}."],
            "User name", "Sent", "Device", "Network address", "Invited by",
            "Look at the invitation",
            "If you expected no invitation, leave this mail alone: nothing happens.", "Dear {},")
    return Words(
        f"{company} sizi davet ediyor",
        [f"{by or 'Yöneticiniz'} sizi İleti’de {company} için çalışmaya davet ediyor. "
         f"Rolünüz: {role}.", "Sayfayı açın, parolanızı seçin; hesabınız hazır. Hesabınız varsa "
         "onunla giriş yapın.", f"Bağlantı bir kez ve {until} tarihine kadar geçerlidir."],
        "Kullanıcı adı", "Gönderildi", "Cihaz", "Ağ adresi", "Davet eden", "Davete bak",
        "Davet beklemiyorsanız bu e-postayı önemsemeyin; bir şey olmaz.", "Sayın {},")


def words(kind: str, details: dict[str, Any], language: str, *, until: str = "") -> Words:
    """The texts of a mail of this kind in ``tr`` or ``en``; ``until``: when a link in it ends."""
    if kind == "invitation":
        return _invitation(details, language, until)
    english = language == "en"
    more = [_MORE[kind][english]] if kind in _MORE else []
    if english:
        return Words(
            _TITLES[kind][1], [*more, "If this was you, there is nothing to do. If not, change "
                               "your password at once and tell your administrator."],
            "User name", "When", "Device", "Network address", "Done by", "Look at my account",
            "This mail goes to the owner of the account, and it needs no answer.", "Dear {},")
    return Words(
        _TITLES[kind][0], [*more, "Bunu siz yaptıysanız bir şey yapmanız gerekmez. Yapmadıysanız "
                           "parolanızı hemen değiştirin ve yöneticinize haber verin."],
        "Kullanıcı adı", "Ne zaman", "Cihaz", "Ağ adresi", "Yapan", "Hesabıma bak",
        "Bu e-posta hesabın sahibine gider, yanıt beklemez.", "Sayın {},")

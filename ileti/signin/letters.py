"""What mails about an account say, in Turkish and English; pure, so that it is read in one place.

No mail but an invitation, and the one somebody has just asked for because of a forgotten password,
carries a link that lets somebody in: such mails can be forged, and people who are used to such
links click on the forger's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

#: the words other rooms use, in the order of the numbers that are kept: only add at the end
KINDS: Final = ("new_device", "password", "two_step_on", "two_step_off", "two_step_reset",
                "passkey_on", "passkey_off", "recovery_used", "recovery_new", "email", "outside",
                "invitation", "key_expires", "approval", "forgotten")

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


def _key(details: dict[str, Any], language: str) -> Words:
    """The texts about a key of a program that will end."""
    program, key, until = (details.get(one, "") for one in ("program", "key", "until"))
    key = " · ".join(part for part in (key, details.get("label", "")) if part)
    if language == "en":
        return Words(
            f"A key of {program} ends on {until}",
            [f"The key {key} of the program {program} ends on {until}. From then on its calls are "
             "refused.", "Make a new key on the account’s page, move the program to it, then end "
             "the old one: no call fails."],
            "User name", "Sent", "Device", "Network address", "Done by", "To the account’s keys",
            "This mail goes to those who keep the company’s API accounts, and needs no answer.",
            "Dear {},")
    return Words(
        f"{program} programının bir anahtarı {until} tarihinde sona eriyor",
        [f"{program} programının {key} anahtarı {until} tarihinde sona erer. O andan sonra "
         "çağrıları reddedilir.", "Hesabın sayfasında yeni bir anahtar üretin, programı ona "
         "geçirin, sonra eskisini sonlandırın; hiçbir çağrı boşa gitmez."],
        "Kullanıcı adı", "Gönderildi", "Cihaz", "Ağ adresi", "Yapan", "Hesabın anahtarlarına git",
        "Bu e-posta şirketin API hesaplarına bakanlara gider, yanıt beklemez.", "Sayın {},")


def _forgotten(language: str, until: str) -> Words:
    """The texts of the mail somebody asked for because of a forgotten password."""
    if language == "en":
        return Words(
            "Choose a new password",
            ["Somebody, probably you, said on the sign-in page that the password of this account "
             "is forgotten.", "Open the page and choose another. You are signed out everywhere "
             f"else then. The link is good once, until {until}."],
            "User name", "Asked", "Device", "Network address", "Asked by", "Choose a password",
            "If you did not ask for it, leave this mail alone: your password stays as it is.",
            "Dear {},")
    return Words(
        "Yeni bir parola seçin",
        ["Biri, büyük olasılıkla siz, giriş sayfasında bu hesabın parolasının unutulduğunu "
         "söyledi.", "Sayfayı açıp yenisini seçin; o anda öteki yerlerdeki oturumlarınız kapanır. "
         f"Bağlantı bir kez ve {until} tarihine kadar geçerlidir."],
        "Kullanıcı adı", "İstendi", "Cihaz", "Ağ adresi", "İsteyen", "Parola seç",
        "Bunu siz istemediyseniz e-postayı önemsemeyin; parolanız olduğu gibi kalır.",
        "Sayın {},")


def _approval(details: dict[str, Any], language: str, until: str) -> Words:
    """A deed waits for a second person: what, and by when; who asked stands on the page."""
    turkish, english = ASKED.get(details.get("deed", ""), ("Bir işlem", "A deed"))
    if language == "en":
        return Words(
            "A request waits for your approval",
            [f"{english} waits for a second person, until {until} at the latest.",
             "Open İleti and look at what exactly is asked. It is done when you approve; refuse it "
             "with a reason when you do not agree."],
            "User name", "Asked", "Device", "Network address", "Asked by", "Look at the request",
            "This mail goes to everybody who may decide; one of you is enough.", "Dear {},")
    return Words(
        "Onayınızı bekleyen bir istek var",
        [f"{turkish}, ikinci bir kişinin onayını bekliyor; son gün {until}.",
         "İleti’yi açıp tam olarak ne istendiğine bakın. Onaylarsanız hemen yapılır; uygun "
         "bulmazsanız nedenini yazarak reddedin."],
        "Kullanıcı adı", "İstendi", "Cihaz", "Ağ adresi", "İsteyen", "İsteğe bak",
        "Bu e-posta onay verebilen herkese gider; birinizin kararı yeter.", "Sayın {},")


ASKED: Final = {
    "membership": ("Bir kullanıcıya güçlü bir rol verilmesi", "Giving a user a strong role"),
    "membership_move": ("Güçlü bir rolün başka bir yere taşınması",
                        "Moving a strong role to another place"),
    "membership_hand_over": ("Güçlü rollerin başka bir kullanıcıya devredilmesi",
                             "Handing strong roles over to another user"),
    "own_role": ("Güçlü yetkileri olan bir rol", "A role with strong rights"),
    "approvals": ("İkinci kişiye daha az şeyin sorulması", "Asking a second person for less"),
    "api_scopes": ("Bir programa yeni yetkiler", "New rights for a program"),
    "import_apply": ("Çok satırlı bir aktarmanın uygulanması", "Applying an import of many rows"),
    "import_undo": ("Çok satırlı bir aktarmanın geri alınması", "Undoing an import of many rows"),
    "publish": ("Bir metnin yayına alınması", "Publishing a text"),
    "template": ("Reklam sayılabilecek bir izinsiz ileti şablonunun yayına alınması",
                 "Publishing an exempt template that may promote"),
    "campaign_release": ("Bir kampanyanın gönderime çıkması", "Releasing a campaign"),
    "campaign_release_promoting": ("Alanları özendiren bir kampanyanın gönderime çıkması",
                                   "Releasing a campaign whose fields promote"),
    "call_outbound": ("Giden çağrılarda izin istenmesi", "Asking for consents in outbound calls"),
}


def words(kind: str, details: dict[str, Any], language: str, *, until: str = "") -> Words:
    """The texts of a mail of this kind in ``tr`` or ``en``; ``until``: when a link in it, or what
    it asks for, ends."""
    if kind == "approval":
        return _approval(details, language, until)
    if kind == "forgotten":
        return _forgotten(language, until)
    if kind == "invitation":
        return _invitation(details, language, until)
    if kind == "key_expires":
        return _key(details, language)
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

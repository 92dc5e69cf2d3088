"""The wording a new brand starts with, so that nobody has to write law before the first consent.

Consents (R-09, R-15): a positive statement that names the provider and one channel. Notice (R-59):
controller, data by name, purposes each with its legal ground, recipients, method, rights; it closes
with "okudum, anladım" on the form and never asks to accept (R-58). Periods are those the house
keeps (R-46, R-47; ``ileti/retention/rules.py``, a floor above: a golden test holds both equal). A
lawyer should read the notice before it is used: it knows only what every brand has in common.
"""

from __future__ import annotations

from typing import Final

_HEADING: Final = {"tr": "Ticari elektronik ileti", "en": "Commercial electronic message"}
_INTRO: Final = {
    "tr": "{provider} tarafından gönderilecek ürün ve kampanya tanıtımlarını,",
    "en": "I accept to receive promotions of products and campaigns of {provider}",
}
_SENTENCE: Final = {
    "tr": {
        "MESAJ": "**kısa mesajla** almayı kabul ediyorum.",
        "ARAMA": "**telefonla aranarak** almayı kabul ediyorum.",
        "EPOSTA": "**e-postayla** almayı kabul ediyorum.",
    },
    "en": {
        "MESAJ": "**by text message** on my phone.",
        "ARAMA": "**by phone call**.",
        "EPOSTA": "**by e-mail**.",
    },
}
_NOTICE_TITLE: Final = {"tr": "Aydınlatma metni", "en": "Privacy notice"}
_NOTICE: Final = {
    "tr": """## Veri sorumlusu

{controller}

## Hangi verinizi, neden ve hangi hukuki sebeple işliyoruz

Adınızı, soyadınızı, telefon numaranızı ve e-posta adresinizi, seçtiğiniz kanaldan ürün ve \
kampanya tanıtımı göndermek için işleriz. Hukuki sebep: ticari elektronik ileti izninizi vermiş \
olmanız ve 6563 sayılı Kanun’un 6. maddesindeki yükümlülük (6698 sayılı Kanun m. 5/1 ve 5/2-ç).

Seçiminizi verdiğiniz zamanı, gördüğünüz metnin sürümünü, IP adresinizi ve tarayıcı bilginizi, \
seçimin sizin olduğunu kanıtlayabilmek için saklarız. Seçiminizi kâğıt üzerinde, telefonda, \
mesajla ya da e-postayla bildirdiyseniz imzalı formu, görüşmenin ses kaydını, mesajı veya \
e-postayı kanıt dosyası olarak aynı amaçla saklarız. Hukuki sebep: bir hakkın tesisi, \
kullanılması veya korunması (m. 5/2-e).

## Kimlere aktarırız

İzin ve ret bilginizi, kanunun zorunlu kıldığı için İleti Yönetim Sistemi A.Ş.’ye; ileti \
göndermek için hizmet aldığımız elektronik haberleşme işletmecisine aktarırız.

## Nasıl topluyoruz

Bu formu doldurduğunuzda, elektronik yolla ve otomatik olarak; seçiminizi başka bir yolla \
bildirdiğinizde imzaladığınız formla, telefonda sözlü olarak, mesajınızla ya da e-postanızla.

## Ne kadar saklıyoruz

İzin ve ret kayıtlarını ve kanıt dosyalarını izniniz sürdükçe saklarız. İzniniz sona erdikten \
sonra da şu sürelerin en geç dolanına kadar saklarız: kaydın oluşmasından 10 yıl, izninizin sona \
ermesinden 3 yıl, izninize dayanarak gönderilen son iletiden 10 yıl (6563 sayılı Kanun m. 11/3; \
Ticari İletişim Yönetmeliği m. 13). Sonra sileriz.

## Haklarınız

6698 sayılı Kanun’un 11. maddesindeki haklarınızı {apply} kullanabilirsiniz. \
İzninizden her an, ücretsiz ve sebep göstermeden vazgeçebilirsiniz.""",
    "en": """## Data controller

{controller}

## Which data we process, why and on what legal ground

Your name, phone number and e-mail address, to send you promotions of products and campaigns on \
the channel you chose. Legal ground: your permission for commercial electronic messages and the \
duty in article 6 of Law 6563 (Law 6698, art. 5/1 and 5/2-ç).

The time of your choice, the version of the text you saw, your IP address and browser, to be able \
to prove that the choice was yours. Where you chose on paper, on the phone, by message or by \
e-mail, the signed form, the recording of the call, the message or the e-mail, kept as a proof \
file for the same purpose. Legal ground: establishment, exercise or protection of a right \
(art. 5/2-e).

## To whom we transfer them

Your permission or refusal to İleti Yönetim Sistemi A.Ş., as the law requires; to the operator \
that delivers the messages for us.

## How we collect them

Electronically and automatically, when you fill in this form; where you choose in another way, by \
the form you sign, aloud on the phone, by your message or by your e-mail.

## How long we keep them

Records of your permission or refusal and proof files: as long as your permission stands. After it \
ends, until the latest of these has passed: 10 years from the making of the record, 3 years from \
the end of the permission, 10 years from the last message that relied on it (Law 6563, art. 11/3; \
regulation on commercial communication, art. 13). Then we erase them.

## Your rights

You may use your rights in article 11 of Law 6698 {apply}. You may withdraw at any time, free of \
charge and without a reason.""",
}
_CONTROLLER: Final = {"tr": "{provider} ({brand} markası).", "en": "{provider} (brand {brand})."}
# Where no contact line is written nothing stands "above": the ways of the law itself.
_APPLY: Final = {
    "tr": ("yukarıdaki iletişim bilgilerinden bize ulaşarak",
           "yazılı olarak ya da kayıtlı elektronik posta (KEP), güvenli elektronik imza, mobil "
           "imza veya bize daha önce bildirdiğiniz e-posta adresinizle başvurarak"),
    "en": ("by reaching us as written above",
           "by applying in writing, or by registered e-mail (KEP), secure electronic "
           "signature, mobile signature or the e-mail address you gave us before"),
}


def consent_text(language: str, channel: str, provider: str) -> tuple[str, str]:
    """Title and body of a commercial consent for one channel (İYS's word)."""
    intro = _INTRO[language].format(provider=provider)
    return _HEADING[language], f"{intro}\n\n{_SENTENCE[language][channel]}"


def notice_text(language: str, provider: str, brand: str, contact: str) -> tuple[str, str]:
    """Title and body of the privacy notice; ``contact`` is one line, may be empty."""
    contact = contact.strip()
    controller = f"{_CONTROLLER[language].format(provider=provider, brand=brand)} {contact}".strip()
    above, by_law = _APPLY[language]
    body = _NOTICE[language].format(controller=controller, apply=above if contact else by_law)
    return _NOTICE_TITLE[language], body

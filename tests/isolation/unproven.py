"""The kinds of case the walk asks and cannot prove, each with the reason.

Why this module exists: a case counts only when somebody who may see a row gets something out of it.
Where that never happens the walk would see no leak either; ``make isolation`` names these kinds and
fails for one that is not here, so that a page whose row nobody furnished is not left out in
silence. What guards these pages instead stands in the reason.
"""

from __future__ import annotations

from functools import cache
from typing import Final

REASONS: Final[dict[str, frozenset[str]]] = {
    "the page shows nothing of any provider: a form, a template or a figure": frozenset({
        "GET all /bayi-erisimi/secim/", "GET all /bayiler/iys/", "GET all /bayiler/liste/",
        "GET all /bayiler/liste/sablon-<language>.csv", "GET all /cagri/",
        "GET all /durum-sorgusu/", "GET all /hata-kitabi/", "GET all /hata-kitabi/<code>",
        "GET all /ice-aktarma/yeni", "GET all /imza/", "GET all /izinler/o-an/",
        "GET all /kagit-formlar/giris", "GET all /kullanicilar/liste/",
        "GET all /kullanicilar/liste/sablon-<language>.csv", "GET all /kvkk/denetim",
        "GET all /kvkk/masa/", "GET all /kvkk/yenilenecekler", "GET all /onay/",
        "GET all /roller/yeni", "GET all /saklama/gunluk.<form>", "GET all /sureler/takvim",
        "GET all /bayi-sayfalari/", "GET all /onaylar/",
        "GET all api /reports/consents", "GET all api /reports/messages",
        "GET all api /reports/compliance", "GET all /raporlar/uyum/uyum.csv",
        "GET all /raporlar/uyum/uyum.xlsx",
        "GET all api /reports/daily",
        "GET all /raporlar/izinler.pdf", "GET all /raporlar/uyum/uyum.pdf",
        "GET all /raporlar/gunluk/gunluk-rapor.pdf",
        "GET all /raporlar/izinler.csv", "GET all /raporlar/izinler.xlsx"}),
    "it is the asker's own account, whoever asks": frozenset({
        "GET all /hesabim/gecis-anahtarlari/", "GET all /hesabim/gecis-anahtarlari/yeni",
        "GET all /hesabim/guvenlik/", "GET all /hesabim/iki-adim/", "GET all /hesabim/oturumlar/",
        "GET all /disa-aktarmalar/", "GET one /disa-aktarmalar/<int:number>/dosya",
        "POST one /disa-aktarmalar/<int:number>/vazgec", "GET one api /exports/{id}",
        "GET one api /exports/{id}/file", "POST api /exports/{id}/cancel",
        "POST api /exports",
        "GET one /gorunumler/<int:number>", "POST one /hesabim/gecis-anahtarlari/<int:pk>/sil",
        "POST one /imza/<int:number>/yeniden", "POST one /onaylar/<int:number>/vazgec",
        "POST all /raporlar/gunluk/abonelik", "POST all /raporlar/gunluk/abonelik/kapat",
        "POST all /gorunumler/", "POST all /imza/gecis-anahtari", "POST all /imza/imzala",
        "POST all /imza/kanitla", "POST all /imza/metin"}),
    "it belongs to the platform's people, whom the walk leaves at home": frozenset({
        "GET all /kurulum/", "GET all /kurulum/sirket", "GET all /saglayicilar/add",
        "POST all /kurulum/sirket", "POST all /saglayicilar/add",
        "GET one /moduller/<int:provider_id>", "POST one /moduller/<int:provider_id>",
        "POST one /saglayicilar/<int:pk>/sinirlar"}),
    "the column holds set words, or no text that ends or is spelled as the mark": frozenset({
        *(f"GET filter /{page}/list/ action {n}" for page in ("denetim", "guvenlik-gunlugu")
          for n in range(3)),
        *(f"GET filter /bayiler/list/ {column} {n}" for column in ("alias", "status")
          for n in range(3)),
        *(f"GET filter /kullanicilar/list/ {column} {n}" for column in ("email", "username")
          for n in range(3)),
        *(f"GET filter /metinler/list/ name {n}" for n in range(3)),
        *(f"GET filter /{page}/list/ name 1" for page in (
            "amaclar", "api-hesaplari", "siteler", "webhooklar")),
        "GET filter api /acts document"}),
    "the trail's own lines fill its first page, and they name who did it by number": frozenset({
        "GET order /denetim/list/ at asc", "GET order /denetim/list/ at desc",
        "GET order /guvenlik-gunlugu/list/ at asc", "GET order /guvenlik-gunlugu/list/ at desc",
        "GET one /guvenlik-gunlugu/show/<pk>"}),
    "the furnished row is not such a one (a poster that was ended, an act of another kind)":
        frozenset({
            "GET one /bayi-sayfalari/<int:pk>/afis-<language>.pdf",
            "GET one /etkinlikler/<int:pk>/afis-<language>.pdf", "GET one /kvkk/kayit/<number>",
            "GET one /kvkk/kayit/<number>/dosya",
            "GET one /kvkk/kayit/<number>/makbuz",
            "GET one /onaylar/<int:number>", "GET one /tek-iletiler/<int:pk>",
            "POST one /eposta/okunacak/<int:pk>/karar", "POST one /tek-iletiler/<int:pk>/metin",
            "GET one api /acts/{record}/proof",
            "POST one /api-hesaplari/<int:pk>/deneme-temizle",
            "POST one /basvurular/posta/<int:pk>", "POST one /bayi-sayfalari/<int:pk>/yap",
            "POST one /etkinlikler/<int:pk>/bitir", "POST one /kvkk/kayit/<number>/adres",
            "POST one /kvkk/kayit/<number>/geri-al",
            "POST one /kvkk/kayit/<number>/kanit-paketi", "POST one /ice-aktarma/<int:pk>/geri-al",
            "POST one /gelen-sms/<int:pk>/karar", "POST one /basvurular/<number>/kopya/<int:no>",
            "POST one /mutabakat/<int:brand_id>/<day>/onar",
            "GET one /sablonlar/<int:pk>/resim", "POST one /sablonlar/<int:pk>/resim",
            "POST one /metinler/<int:pk>/taslak/<language>/yayinla"}),
    "a step before it in the walk changed the row, or the answer is the same page either way":
        frozenset({
            "POST one /kullanicilar/<int:pk>/devret",
            "POST one /kullanicilar/<int:pk>/yetki-durdur/<int:membership_id>",
            "POST one /kullanicilar/<int:pk>/yetki-surdur/<int:membership_id>",
            "POST one /kullanicilar/<int:pk>/yetki-tasi/<int:membership_id>",
            "POST one /kullanicilar/ikinci-adim/<int:pk>/sifirla",
            "POST one /onaylar/<int:number>/karar", "POST one /webhooklar/<int:pk>/yeniden"}),
    "the walk's one form does not fill it in; its room's own tests ask a stranger": frozenset({
        "POST all /basvurular/ara", "POST all /bayi-erisimi/secim/",
        "POST all /bayiler/liste/uygula", "POST all /cagri-denetim/cek",
        "POST all /cagri-denetim/egitim", "POST all /cagri-denetim/giden",
        "POST all /cagri-denetim/kayit-sunuculari",
        "POST all /davetler/yeni", "POST all /denetim/ara", "POST all /durum-sorgusu/al",
        "POST all /durum-sorgusu/sor", "POST all /guvenlik-gunlugu/ara",
        "POST all /guvenlik-gunlugu/disari.csv", "POST all /ice-aktarma/kaynak/",
        "POST all /iletiler/kisi-paketi",
        "POST all /izinler/disari.csv",
        "POST all /iletiler/sikayet-paketi", "POST all /iletim/duran/<code>/cikar",
        "POST all /iletim/duran/<code>/yeniden", "POST all /iletim/yeniden",
        "POST all /izinler/alan/<key>", "POST all /kagit-formlar/giris",
        "POST all /kullanicilar/add", "POST all /kullanicilar/liste/deneme",
        "POST all /kullanicilar/liste/uygula", "POST all /kvkk/yenilenecekler.csv",
        "POST all /sablonlar/resimler",
        "POST all /sablonlar/yeni", "POST api /call-lists/entries/next", "POST api /proofs",
        "POST api /recipients/search", "POST api /requests",
        "POST one /alanlar/<int:pk>/<wish>", "POST one /arama-listeleri/<int:pk>/durum",
        "POST one /arayan-numaralari/<int:pk>", "POST one /basvurular/<number>/esle",
        "POST one /bayi-erisimi/izin/<number>", "POST one /bayi-erisimi/toplu/<int:brand_id>",
        "POST one /eposta/kutu/<int:number>", "POST one /gonderim-hesaplari/<int:pk>/<wish>"}),
}


@cache
def named() -> frozenset[str]:
    """Every kind that proves nothing for a reason."""
    return frozenset().union(*REASONS.values())

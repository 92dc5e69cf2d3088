"""İYS's error codes that this simulator knows, with HTTP status and a Turkish sentence.

Codes, status and meaning are those of İYS API 3.2.0 §HATA KODLARI (with the judgements where
table and examples differ: H467 is 422, H174, H175 and H178 are 400). The sentences are our own
words, as an integrator may see them beside İYS's.
"""

from __future__ import annotations

from typing import Any

CODES: dict[str, tuple[int, str]] = {
    "H001": (404, "Bu İYS numarasıyla bir hizmet sağlayıcı yok."),
    "H014": (400, "İstek gövdesi geçerli bir JSON değil."),
    "H015": (500, "Beklenmeyen bir sorun çıktı."),
    "H016": (400, "Bayi kaydında beklenmeyen bir alan var."),
    "H017": (400, "Alan, izin verilen uzunluğu aşıyor."),
    "H018": (404, "Bu numarayla bir marka yok."),
    "H031": (404, "Kullanıcı bulunamadı."),
    "H058": (404, "Bu kodla bir bayi yok."),
    "H060": (500, "Bayi güncellenemedi."),
    "H061": (500, "Bayi silinemedi; bu bayiye bağlı izin kaydı var."),
    "H062": (500, "Bayi kaydedilemedi."),
    "H067": (400, "Boşta 8 haneli bayi kodu kalmadı."),
    "H082": (400, "Liste alınamadı."),
    "H083": (429, "Saniyedeki istek sınırı aşıldı."),
    "H084": (429, "Saatlik jeton isteği sınırı doldu; yeni istek bir saati baştan başlatır."),
    "H085": (400, "İzin ekleme isteği geçersiz."),
    "H086": (429, "Saatlik tekil izin durumu sorgulama sınırı doldu."),
    "H089": (429, "Saatlik izin geçmişi sorgulama sınırı doldu."),
    "H090": (400, "Bayi erişimi ekleme isteği geçersiz."),
    "H091": (422, "Bir listede en çok 1000 izin gönderilebilir."),
    "H092": (400, "Çoklu izin ekleme isteği geçersiz."),
    "H093": (422, "Kullanıcı adı ya da şifre verilmemiş."),
    "H095": (400, "İşlem isteği geçersiz."),
    "H097": (400, "İzin durumu sorgulama isteği geçersiz."),
    "H098": (400, "İzin hareketi sorgulama isteği geçersiz."),
    "H101": (500, "Ana veri kaydedilemedi."),
    "H102": (500, "Şifreleme yapılamadı."),
    "H103": (500, "Sunucuda arama yapılamadı."),
    "H105": (500, "Şifre çözülemedi."),
    "H106": (500, "Durum raporu hazırlanamadı."),
    "H107": (500, "İzinler listelenemedi."),
    "H110": (422, "İzin durumu (status) verilmemiş."),
    "H111": (422, "İzin türü (type) verilmemiş."),
    "H112": (422, "İzin tarihi (consentDate) verilmemiş."),
    "H113": (422, "İzin kaynağı (source) verilmemiş."),
    "H114": (422, "Alıcı (recipient) verilmemiş."),
    "H115": (422, "İzin durumu ONAY ya da RET olmalı."),
    "H116": (422, "Alıcı tipi BIREYSEL ya da TACIR olmalı."),
    "H117": (422, "İzin türü ARAMA, MESAJ ya da EPOSTA olmalı."),
    "H118": (422, "İstekte tanınmayan bir alan var."),
    "H119": (422, "İzin kaynağı, hizmet sağlayıcının kullanabileceği kaynaklardan biri değil."),
    "H120": (422, "Alıcı geçerli bir e-posta adresi değil."),
    "H121": (422, "Alıcı E.164 biçiminde geçerli bir telefon numarası değil."),
    "H122": (422, "Alıcı ne E.164 telefon numarası ne de e-posta adresi."),
    "H123": (400, "Servis yoğun; daha sonra yeniden deneyin."),
    "H124": (429, "Saniyedeki istek sınırı aşıldı."),
    "H125": (422, "Bir seferde en çok 1000 alıcı gönderilebilir."),
    "H126": (422, "Bayi listesi (retailerAccess) izin verilen uzunluğu aşıyor."),
    "H127": (422, "Bir seferde en çok 100 alıcı gönderilebilir."),
    "H129": (404, "İş ortağı bulunamadı."),
    "H155": (422, "HS_2015 kaynağında izin tarihi 2015-05-01 00:00:00 olmalı."),
    "H156": (422, "İzin tarihi 1 Mayıs 2015'ten önce olamaz."),
    "H157": (422, "İzin tarihi takvimde olmayan bir tarih."),
    "H158": (422, "İzin tarihi yyyy-mm-dd hh:mm:ss biçiminde değil."),
    "H160": (422, "Telefon numarası 15 karakterden uzun."),
    "H162": (422, "İzin tarihi gelecekte olamaz."),
    "H163": (422, "Bayi listesi boş olamaz."),
    "H164": (422, "Alıcı listesi boş olamaz."),
    "H166": (422, "Telefon numarası 15 karakterden uzun."),
    "H168": (422, "Alıcı listesi (recipients) verilmemiş."),
    "H169": (422, "Bayi listesi (retailerAccess) verilmemiş."),
    "H170": (422, "Alıcı tipi (recipientType) verilmemiş."),
    "H171": (400, "Bayi erişimi düzenleme isteği geçersiz."),
    "H172": (400, "Bayi erişimi silme isteği geçersiz."),
    "H173": (400, "Bayi erişimi sorgulama isteği geçersiz."),
    "H174": (400, "Kayıtlı izin zaten bu durumda. İzin durumu: RET"),
    "H175": (400, "Bir alıcının ilk izin kaydı RET olamaz."),
    "H176": (400, "Bu işlemi yalnız yönetici hesabı yapabilir."),
    "H178": (400, "İzin tarihi, kayıtlı iznin tarihinden sonra olmalı."),
    "H179": (500, "İzin tarihleri karşılaştırılamadı."),
    "H180": (403, "Bu kodla bir bayi yok."),
    "H181": (500, "Bayi verileri listelenemedi."),
    "H182": (422, "offset değeri geçersiz."),
    "H183": (422, "limit değeri geçersiz."),
    "H184": (422, "all değeri geçersiz."),
    "H185": (422, "short değeri geçersiz."),
    "H186": (422, "Sayfa boyutu en çok 100 olabilir."),
    "H187": (422, "limit sıfır olamaz."),
    "H190": (422, "iysCode tam sayı olmalı."),
    "H191": (422, "brandCode tam sayı olmalı."),
    "H192": (503, "İstek zaman aşımına uğradı."),
    "H193": (422, "Listede aynı değer birden çok kez geçiyor."),
    "H194": (422, "Aynı alıcı, alıcı tipi ve izin türü listede birden çok kez geçiyor."),
    "H195": (403, "Marka için sunucuda arama yapılamadı."),
    "H196": (403, "İYS numarası sunucudan alınamadı."),
    "H198": (422, "requestId en çok 36 karakter olabilir."),
    "H199": (422, "requestId yalnız harflerden oluşamaz."),
    "H201": (400, "Bayi durumu active, suspended ya da passive olmalı."),
    "H214": (400, "Bayinin unvanı boş olamaz."),
    "H215": (400, "Bayi yetkilisinin adı boş olamaz."),
    "H216": (400, "Bayi yetkilisinin T.C. kimlik numarası boş olamaz."),
    "H217": (400, "Bayinin ili boş olamaz."),
    "H218": (400, "İl kodu boş olamaz."),
    "H219": (400, "İl adı boş olamaz."),
    "H220": (400, "Bayinin ilçesi boş olamaz."),
    "H221": (400, "İlçe kodu boş olamaz."),
    "H222": (400, "İlçe adı boş olamaz."),
    "H224": (400, "Bayi telefonu E.164 biçiminde değil."),
    "H225": (400, "T.C. kimlik numarası geçersiz."),
    "H226": (400, "T.C. kimlik numarası 11 haneli olmalı."),
    "H227": (400, "MERSİS numarası geçersiz."),
    "H228": (400, "MERSİS numarası 16 haneli olmalı."),
    "H229": (400, "Ad, unvan ve kısa ad yalnız harf ve rakam içerebilir."),
    "H230": (400, "Bu MERSİS numarası başka bir bayide kayıtlı."),
    "H231": (400, "Bu T.C. kimlik numarası başka bir bayide kayıtlı."),
    "H241": (400, "Liste okunamadı."),
    "H243": (400, "Vergi numarası geçersiz."),
    "H244": (400, "Vergi numarası 10 ya da 11 haneli olmalı."),
    "H245": (400, "Bu numara bir iş ortağına ait değil."),
    "H250": (400, "Kullanıcı adı ya da şifre eksik."),
    "H251": (401, "Kimlik bilgileri geçersiz."),
    "H252": (400, "Kimlik doğrulanamadı; bilgiler eksik."),
    "H253": (400, "Aynı MERSİS ya da T.C. kimlik numarasıyla pasif bir bayi var."),
    "H266": (400, "retailerCode alanı boş gönderilemez; değer yoksa alanı göndermeyin."),
    "H267": (400, "retailerCode alanı boş olamaz; değer yoksa alanı göndermeyin."),
    "H268": (404, "Bu İYS numarası için yetkili bir iş ortağı kullanıcısı yok."),
    "H288": (400, "Vergi numarası boş olamaz."),
    "H351": (401, "Jeton eksik ya da geçersiz."),
    "H353": (403, "Numara, kullanıcının yetkileriyle eşleşmiyor."),
    "H355": (404, "Kullanıcının bu yetkisi yok."),
    "H363": (400, "Bu servisi yalnız iş ortakları kullanabilir."),
    "H400": (422, "requestId yalnız rakamlardan oluşamaz."),
    "H401": (400, "Bu alıcı için kayıtlı izin yok."),
    "H402": (400, "Yetkili marka sorgusu geçersiz."),
    "H403": (400, "İzin durumu sorgusu geçersiz."),
    "H405": (400, "Marka sorgusu geçersiz."),
    "H408": (422, "HS_KARAR kaynağı yalnız RET ile kullanılabilir."),
    "H412": (500, "Beklenmeyen bir sorun çıktı."),
    "H437": (404, "Bu İYS numarası için abonelik yok."),
    "H462": (400, "Tacir izni güncellenirken izin tarihi (consentDate) gerekli."),
    "H463": (400, "Tacir izni güncellenirken izin kaynağı (source) gerekli."),
    "H464": (422, "Alıcının biçimi izin türüne uymuyor."),
    "H467": (422, "Üç iş gününden eski izinler kaydedilemez."),
    "H470": (500, "Beklenmeyen bir sorun çıktı."),
    "H476": (500, "Beklenmeyen bir sorun çıktı."),
    "H478": (422, "Alıcılar (recipients) bir liste olmalı."),
    "H486": (400, "Bu izin kaynağı kabul edilmiyor."),
    "H501": (422, "Tarih yyyy-mm-dd biçiminde olmalı."),
    "H502": (422, "Rapor tarihi dün ile yedi gün öncesi arasında olmalı."),
    "H503": (422, "Alıcı tipi BIREYSEL ya da TACIR olmalı."),
    "H506": (422, "source değeri HS ya da IYS olmalı."),
    "H507": (422, "limit değeri en çok 1000 olabilir."),
    "H512": (422, "agreementStatus yalnız true olabilir."),
    "H520": (403, "Abonelik durdurulmuş ya da süresi dolmuş; yalnız abonelik sorgulanabilir."),
    "H521": (403, "Abonelik kapatılmış; API kullanılamaz."),
    "H522": (400, "Bu servisi yalnız iş ortağının API kullanıcısı çağırabilir."),
    "H524": (403, "Bu İYS numarası için abonelik yok."),
    "H525": (422, "Pakette kullanılabilir izin hakkı kalmadı; yeni izin eklenemez."),
    "H530": (422, "Bağlantı oluşturulamadı ya da kaldırılamadı."),
    "H531": (422, "Adres https ile başlamalı."),
    "H568": (200, "Ret bağlantısı yalnız ONAY durumundaki izinler için verilir."),
    "H586": (403, "Abonelik paketi API kullanımını içermiyor."),
    "H1000": (400, "Form yayında değil."),
    "H1005": (400, "Zorunlu alan verilmemiş."),
    "H1010": (400, "Değer doğrulama yöntemine uygun değil."),
    "H1012": (400, "Doğrulama yöntemi (verificationType) tanınmıyor."),
    "H1013": (400, "title değeri kullanılamaz."),
    "H1014": (400, "Marka numaraları bu İYS numarasına ait değil."),
    "H1015": (400, "ViA kontörü yetersiz."),
    "H1016": (400, "İstek gövdesi geçerli bir JSON değil."),
    "H1026": (400, "Alıcı E.164 biçiminde değil."),
    "H1027": (400, "Alıcı geçerli bir e-posta adresi değil."),
    "H1029": (400, "Alanın türü yanlış."),
    "H1030": (400, "Başlatılmış bir işlemin requestId değeri gerekli."),
    "H1031": (400, "Pakette kullanılabilir izin hakkı kalmadı."),
    "H1032": (400, "İşlem zaten tamamlanmış."),
    "H1038": (401, "Jeton verilmemiş."),
    "H1040": (403, "İYS numarası, kullanıcının yetkileriyle eşleşmiyor."),
    "H1045": (401, "Jeton eksik ya da geçersiz."),
    "H1050": (400, "Kod en çok 3 kez yanlış girilebilir."),
    "H1051": (400, "Kod süresi içinde girilmedi."),
    "H1052": (400, "Kod geçersiz."),
    "H1055": (400, "Form bulunamadı."),
    "H1060": (400, "consentTypes içinde aynı title birden çok kez geçiyor."),
    "H1061": (400, "Aynı izin türü birden çok kez geçiyor."),
    "H1063": (400, "Alıcı tipi BIREYSEL ya da TACIR olmalı."),
    "H1064": (400, "Doğrulama yöntemi başlatılanla aynı değil."),
    "H1072": (400, "Bu işlem için belge yok."),
    "H1085": (400, "İzin türü geçersiz."),
    "H1086": (400, "İzin türü doğrulama yöntemine uygun değil."),
    "H1104": (404, "Kullanıcının ViA yetkisi yok."),
}


class Refused(Exception):
    """The registry's answer is an error: an HTTP status and one or more coded errors."""

    def __init__(self, errors: list[dict[str, Any]], status: int | None = None) -> None:
        super().__init__(", ".join(error["code"] for error in errors))
        self.errors = errors
        self.status = status if status is not None else CODES[errors[0]["code"]][0]


_NOTHING = object()


def error(
    code: str,
    location: list[str | int] | None = None,
    value: Any = _NOTHING,
    index: int | None = None,
) -> dict[str, Any]:
    """One error of the standard list (İYS API §1.3), key by key as documented.

    `location` names the field (and the place in its list), `value` is what was sent, `index`
    the 0-based place in a batch. A key without a value is left out.
    """
    body: dict[str, Any] = {}
    if index is not None:
        body["index"] = index
    body["code"] = code
    if location is not None:
        body["location"] = location
    if value is not _NOTHING:
        body["value"] = value
    body["message"] = CODES[code][1]
    return body


def refuse(code: str, location: list[str | int] | None = None, value: Any = _NOTHING) -> Refused:
    """A refusal with a single error, to be raised."""
    return Refused([error(code, location, value)])

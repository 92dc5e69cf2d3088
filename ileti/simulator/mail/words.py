"""What the page of mailboxes says, Turkish and English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Posta kutuları", "Mailboxes"),
    "lead": ("Gönderilen e-postalar burada durur; hiçbiri dışarı çıkmaz.",
             "Mails that were sent stay here; none of them goes outside."),
    "skip": ("İçeriğe geç", "Skip to content"),
    "back": ("İYS simülatörü", "İYS simulator"),
    "all": ("Bütün kutular", "All mailboxes"),
    "other_language": ("English", "Türkçe"),
    "empty": ("Henüz e-posta gelmedi", "No mail has arrived yet"),
    "empty_hint": ("SMTP sunucusu 127.0.0.1:{port} adresinde dinliyor; kullanıcı adı ve parola "
                   "sorulmaz. “yok” ile başlayan adresler yoktur, “dolu” ile başlayanların kutusu "
                   "doludur, “sonra” ile başlayanlar sonradan geri döner.",
                   "The SMTP server listens on 127.0.0.1:{port} and asks for no user name. "
                   "Addresses that begin with “yok” do not exist, those with “dolu” are full, "
                   "those with “sonra” bounce afterwards."),
    "no_server": ("SMTP sunucusu çalışmıyor: kapısı başka bir programda.",
                  "The SMTP server is not running: its port is taken."),
    "from": ("Gönderen", "From"), "to": ("Alıcı", "To"), "subject": ("Konu", "Subject"),
    "at": ("Geldi", "Arrived"), "no_subject": ("(konusuz)", "(no subject)"),
    "html": ("Kişinin gördüğü", "As a person sees it"), "text": ("Düz metin", "Plain text"),
    "headers": ("Başlıklar", "Headers"), "acts": ("Kişi ne yapsın?", "What does the person do?"),
    "unsubscribe": ("Posta programının “abonelikten çık” düğmesi",
                    "The mail program’s “unsubscribe” button"),
    "unsubscribe_do": ("Abonelikten çık", "Unsubscribe"),
    "unsubscribe_no": ("Bu iletide posta programının göstereceği bir düğme yok.",
                       "This mail has nothing a mail program would show as a button."),
    "unsubscribe_http": ("Bağlantı https değil: gerçek posta programları düğmeyi göstermez.",
                         "The link is not https: real mail programs would not show the button."),
    "answer": ("Yanıt", "Answer"), "answer_do": ("Yanıtla", "Answer it"),
    "complain_do": ("İstenmeyen posta bildir", "Report as spam"),
    "bounce": ("Sunucu geri çevirsin", "Let the server bounce it"),
    "bounce_do": ("Geri çevir", "Bounce it"),
    "hard": ("5.1.1 · adres yok", "5.1.1 · no such address"),
    "full": ("5.2.2 · kutu dolu", "5.2.2 · mailbox full"),
    "policy": ("5.7.1 · kabul edilmedi", "5.7.1 · not accepted"),
    "door": ("Geri gelenlerin adresi", "Where returned mails go"),
    "door_hint": ("İleti’de Posta sayfasında bir posta kutusuna açılan adres. Yanıtlar, geri "
                  "dönenler ve şikâyetler oraya gönderilir.",
                  "The address that a mailbox on İleti’s Mail page has. Answers, bounces and "
                  "complaints are sent there."),
    "door_do": ("Kaydet", "Save"), "address": ("Adres", "Address"),
    "said_sent": ("Gönderildi.", "Sent."), "said_failed": ("Karşı taraf almadı.", "Not taken."),
    "said_no_door": ("Önce geri gelenlerin adresini yazın.", "First write where they go."),
    "said_no_button": ("Bu iletide düğme yok.", "This mail has no button."),
    "said_door": ("Adres kaydedildi.", "Address saved."),
    "said_bad_door": ("Bu makinedeki bir http ya da bir https adresi yazın.",
                      "Write an http address of this machine, or an https one."),
}

/** What the preference centre says by itself; states, acts and texts come from the server in words. */
import type { Pair } from "../words";

export const title: Pair = ["Tercihleriniz", "Your preferences"];
export const lead: Pair = [
  "Size ne gönderilebilir, verileriniz için hangi rızaları verdiniz: görün, tek tıkla değiştirin.",
  "See what may be sent to you and which data consents you gave, and change it with one click.",
];
export const address: Pair = ["Cep telefonunuz ya da e-posta adresiniz", "Your mobile phone or e-mail address"];
export const why: Pair = [
  "Seçimlerinizi başkası görmesin diye adresinize bir kod göndeririz. Parola yok.",
  "We send a code to it, so that nobody else can see your choices. There is no password.",
];
export const send: Pair = ["Kod gönder", "Send me a code"];
export const codeTitle: Pair = ["Kodu yazın", "Enter the code"];
export const onItsWay: Pair = [
  "{} kayıtlarımızdaysa 6 haneli bir kod gönderildi; 5 dakika geçerli.",
  "If {} is in our records, a 6-digit code is on its way to it, valid for 5 minutes.",
];
export const code: Pair = ["Kod", "Code"];
export const noConsent: Pair = [
  "Kod yalnız adresin size ait olduğunu doğrular; izin sayılmaz.",
  "The code only verifies that the address is yours; it is no consent.",
];
export const open: Pair = ["Tercihlerimi aç", "Open my preferences"];
export const back: Pair = ["Başka bir adresle dene", "Try another address"];
export const home: Pair = ["Size nasıl ulaşalım?", "How may we reach you?"];
export const atOnce: Pair = [
  "için seçimleriniz. Değişiklik hemen geçerli olur.",
  "– your choices. Each change works at once.",
];
export const nothing: Pair = ["kaydınız yok", "nothing is recorded"];
export const name: Pair = ["Adınız ve soyadınız", "Your full name"];
export const inTheName: Pair = ["{} adına kaydedilir", "Recorded in the name of {}"];
export const otherName: Pair = ["Başka bir ad", "Another name"];
export const stopAll: Pair = ["Hepsini durdur", "Stop everything"];
export const stopWhat: Pair = [
  "Bütün markaların bütün kanalları durur, verileriniz için verdiğiniz rızalar geri alınır. Yalnız yeniden onay vererek değiştirebilirsiniz.",
  "All channels of all brands stop and the consents you gave for your data are withdrawn. It can be changed only by consenting anew.",
];
export const cancel: Pair = ["Vazgeç", "Cancel"];
export const purposes: Pair = ["Açık rızanız", "Consents for your data"];
export const notices: Pair = ["Aydınlatma metinleri", "Privacy notices"];
export const newer: Pair = ["Yeni bir sürüm var", "There is a new version"];
export const history: Pair = ["Geçmiş", "History"];
export const receipt: Pair = ["Makbuz", "Receipt"];
export const older: Pair = ["Daha eski kayıtlar", "Older records"];
export const add: Pair = ["Başka bir adresinizi ekleyin", "Add another address of yours"];
export const page: Pair = ["Verilerinizi indirmek için tam sayfa", "The full page, to download your data"];
export const apply: Pair = ["Verilerim hakkında başvuru yap", "Apply about my data"];
export const leave: Pair = ["Oturumu kapat", "Leave"];
export const lost: Pair = [
  "Yanıt gelmedi. Bağlantınızı denetleyip yeniden deneyin.",
  "No answer came. Check your connection and try again.",
];
export const read: Pair = ["Oku", "Read"];
export const seen: Pair = ["Gördüğünüz metin", "The text you saw"];

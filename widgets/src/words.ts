/**
 * What the widget says by itself, in Turkish and English. The consent and notice texts are not here:
 * they are published versions and come from the server with the token that binds them; the words of
 * the last step come with them.
 *
 * Every sentence is a pair with both languages side by side, so that neither is forgotten.
 */
import type { Address, Field, Language } from "./types";

export type Pair = readonly [tr: string, en: string];
/** Says a pair in the person's language; `{}` in it becomes `value`. */
export type Say = (pair: Pair, value?: string) => string;

export const speaker =
  (lang: Language): Say =>
  (pair, value = "") =>
    pair[lang === "tr" ? 0 : 1].replace("{}", value);

export const noForm: Pair = [
  "İzin bölümü açılamadı; onsuz devam edebilirsiniz.",
  "The consent section did not open; you can go on without it.",
];
export const again: Pair = ["Yeniden dene", "Try again"];
export const label: Record<Field, Pair> = {
  name: ["Ad soyad", "Full name"],
  phone: ["Cep telefonu", "Mobile phone"],
  email: ["E-posta", "E-mail"],
};
export const willVerify: Pair = [
  "Numaranızı bir kodla doğrulayacağız.",
  "We will verify your number with a code.",
];
export const whyName: Pair = [
  "Onay, verenin adıyla kaydedilir.",
  "A consent is kept with its giver’s name.",
];
export const missing: Record<Field, Pair> = {
  name: ["Onay için adınızı ve soyadınızı yazın.", "Enter your full name for the consent."],
  phone: ["Bu seçim için cep telefonunuzu yazın.", "Enter your mobile phone for this choice."],
  email: ["Bu seçim için e-posta adresinizi yazın.", "Enter your e-mail address for this choice."],
};
export const save: Pair = ["Seçimimi kaydet", "Save my choice"];
export const saving: Pair = ["Seçiminiz kaydediliyor…", "Saving your choice…"];
export const proof: Pair = ["Seçiminizin kanıtı İleti ile saklanır", "Proof of your choice is kept with İleti"];
export const goOn: Pair = ["Seçim yapmadan sürdür", "Go on without choosing"];
export const textChanged: Pair = [
  "Metin değişti. Okuyup yeniden seçin; yazdıklarınız duruyor.",
  "The text has changed. Read it and choose again; what you typed is kept.",
];
export const failTitle: Pair = ["Seçiminizi kaydedemedik", "We could not save your choice"];
export const failServer: Pair = [
  "Hiçbir izin kaydedilmedi; yazdıklarınız duruyor.",
  "No consent was recorded; what you typed is kept.",
];
export const failLost: Pair = [
  "Yanıt gelmedi; yazdıklarınız duruyor. Yeniden deneyebilirsiniz.",
  "No answer came; what you typed is kept. You can try again.",
];
export const retryIn: Pair = ["Kendiliğinden yeniden denenecek: {}", "Next try by itself in {}"];

export const verifyTitle: Record<Address | "both", Pair> = {
  phone: ["Numaranızı doğrulayın", "Verify your number"],
  email: ["E-posta adresinizi doğrulayın", "Verify your e-mail address"],
  both: ["Adreslerinizi doğrulayın", "Verify your addresses"],
};
export const sent: Record<Address, Pair> = {
  phone: [" numarasına 6 haneli bir kod gönderdik.", ": we sent a 6-digit code to this number."],
  email: [" adresine 6 haneli bir kod gönderdik.", ": we sent a 6-digit code to this address."],
};
export const code: Record<Address | "one", Pair> = {
  one: ["Kod", "Code"],
  phone: ["Telefonunuza gelen kod", "Code sent to your phone"],
  email: ["E-postanıza gelen kod", "Code sent to your e-mail"],
};
export const lives: Pair = ["{} geçerli", "valid for {}"];
export const expired: Pair = ["Kodun süresi doldu. Yeni kod isteyin.", "The code has expired. Ask for a new one."];
export const minuteLeft: Pair = ["Kodun süresi 1 dakika sonra doluyor.", "The code expires in 1 minute."];
export const resendIn: Pair = ["{} sonra yeniden iste", "ask again in {}"];
export const resend: Pair = ["Yeni kod iste", "Send a new code"];
export const whose: Record<Address | "both", Pair> = {
  phone: ["numaranın", "the number is"],
  email: ["adresin", "the address is"],
  both: ["adreslerin", "the addresses are"],
};
export const codeIsNoConsent: Pair = [
  "Kod yalnız {} size ait olduğunu doğrular. Kodu yazmak, ileti almayı kabul etmek değildir.",
  "The code only verifies that {} yours. Entering it is no consent to messages.",
];
export const codeShort: Pair = ["6 haneyi de yazın.", "Enter all 6 digits."];
export const verify: Pair = ["Doğrula", "Verify"];
export const change: Pair = ["Geri dön ve düzelt", "Go back and correct"];
export const later: Pair = ["Şimdi doğrulamadan bitir", "Finish without verifying now"];

export const finish: Pair = ["Devam et", "Continue"];

// ILETI=https://izin.ornek.com.tr  ILETI_KEY=ilt_…   (Node 18 and later; never in a browser)
const { ILETI, ILETI_KEY } = process.env;

async function api(method, path, body, headers = {}) {
  const answer = await fetch(`${ILETI}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${ILETI_KEY}`, "Content-Type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(`${said.code}: ${said.detail}`);
  return said;
}

const done = await api("POST", "/consents", {
  address: "0599 213 41 13", channel: "MESAJ", status: "ONAY", source: "HS_WEB",
  consentDate: new Date().toISOString(),
}, { "Idempotency-Key": "siparis-4711-javascript" });
console.log(done.record, done.outcome);

const { results } = await api("POST", "/consents/status", { addresses: ["0599 213 41 13"] });
console.log(results[0].states.map((state) => [state.channel, state.mayBeSent]));

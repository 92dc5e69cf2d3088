/* Passkeys: a button asks the server what it wants, the browser for the key, and sends the form.
   Without such a browser the button stays hidden, and password and code work as ever. */
(function () {
  "use strict";
  const ready = window.PublicKeyCredential && PublicKeyCredential.parseCreationOptionsFromJSON && PublicKeyCredential.parseRequestOptionsFromJSON;
  if (!ready) return;

  async function ask(form) {
    const body = new FormData();
    body.append("csrf_token", form.elements.csrf_token.value);
    if (form.elements.belge) body.append("belge", form.elements.belge.value);
    const answer = await fetch(form.dataset.options, { method: "POST", body, credentials: "same-origin", headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) { location.reload(); return null; }
    const wanted = await answer.json();
    return form.dataset.passkey === "create"
      ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(wanted) })
      : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(wanted) });
  }

  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    form.hidden = false;
    const said = form.querySelector("[data-said]");
    form.addEventListener("submit", async (event) => {
      if (form.elements.credential.value) return;
      event.preventDefault();
      if (said) said.hidden = true;
      try {
        const key = await ask(form);
        if (!key) return;
        form.elements.credential.value = JSON.stringify(key.toJSON());
        form.submit();
      } catch (error) {
        if (said) said.hidden = false; // the person closed the browser's window, or has no such key
      }
    });
  });
})();

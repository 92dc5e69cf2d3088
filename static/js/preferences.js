/* The preference centre in place: a button's post is sent by fetch and the answered page takes the
   place of this one, so that nobody loses their place. Without it every button is an ordinary form. */
(() => {
  "use strict";
  const main = document.getElementById("main");
  let busy = false;

  const take = (html, url) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.getElementById("main");
    if (!fresh || !fresh.querySelector(".prefs")) return false;
    const open = [...main.querySelectorAll("details[open] > summary")].map((one) => one.textContent.trim());
    main.replaceChildren(...fresh.childNodes);
    for (const one of main.querySelectorAll("details > summary")) {
      if (open.includes(one.textContent.trim())) one.parentElement.open = true;
    }
    history.replaceState(null, "", new URL(url).pathname + (/[?&]lang=en/.test(url) ? "?lang=en" : ""));
    main.querySelector("#said")?.focus();
    return true;
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    if (!main.contains(form) || button?.name !== "act" || event.defaultPrevented) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    main.setAttribute("aria-busy", "true");
    const body = new URLSearchParams(new FormData(form));
    body.set("act", button.value);
    try {
      const answer = await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout(12000) });
      const html = await answer.text();
      if (!take(html, answer.url.endsWith("/act") ? location.href : answer.url)) throw new Error();
    } catch {
      // What went wrong is told by the page itself: the same button, the ordinary way.
      const plain = document.createElement("input");
      Object.assign(plain, { type: "hidden", name: "act", value: button.value });
      form.append(plain);
      form.submit();
    } finally {
      busy = false;
      main.removeAttribute("aria-busy");
    }
  });
})();

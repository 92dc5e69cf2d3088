/* A dealer's own device between strangers: every page is fetched into this one, so that the browser
   has a single entry in its history and nothing of the person before can be called back; after a
   minute without a touch the screen asks, and clears itself. Without it every step is an ordinary
   page. */
(() => {
  "use strict";
  const IDLE = 60, READ = 30, LEFT = 20;
  const body = document.body, main = document.getElementById("main");
  let busy = false, timer = 0, asked = null;

  const atStart = () => main.querySelector("[data-start]") !== null;
  const quiet = () => (main.querySelector(".button[data-end]") ? READ : IDLE) * 1000;

  const take = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.getElementById("main"), top = page.querySelector("header.top");
    if (!fresh || !top) return false;
    document.querySelector("header.top").replaceWith(document.adoptNode(top));
    main.replaceChildren(...fresh.childNodes);
    document.title = page.title;
    document.documentElement.lang = page.documentElement.lang;
    Object.assign(body.dataset, page.body.dataset);
    window.scrollTo(0, 0);
    (main.querySelector("#errors") || main).focus();
    return true;
  };

  const ask = async (url, options = {}) => {
    const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(20000), ...options });
    if (answer.status >= 500 && !options.method) throw new Error();
    return answer.text();
  };

  const go = async (url, options) => {
    if (busy) return;
    busy = true;
    main.setAttribute("aria-busy", "true");
    try {
      if (!take(await ask(url, options))) throw new Error();
    } catch {
      if (options) failed();
      else if (away(url)) location.replace(body.dataset.start);
    }
    busy = false;
    main.removeAttribute("aria-busy");
    wait();
  };

  // The part that works without network (widgets/src/kiosk) may take over; true when it did not.
  const away = (url) => document.dispatchEvent(new CustomEvent("kiosk:away", { cancelable: true, detail: { url } }));

  const failed = () => {
    main.querySelector("#failed")?.remove();
    const said = Object.assign(document.createElement("p"), { id: "failed", className: "notice bad", tabIndex: -1 });
    said.setAttribute("role", "alert");
    said.textContent = body.dataset.failed;
    main.prepend(said);
    said.focus();
  };

  const clear = () => {
    for (const one of document.querySelectorAll("dialog")) one.remove();
    main.querySelectorAll("form").forEach((one) => one.reset());
    go(body.dataset.start);
  };

  // -- somebody went away -------------------------------------------------------------------------

  const wait = () => {
    clearTimeout(timer);
    if (!atStart() && !asked) timer = setTimeout(question, quiet());
  };

  const button = (text, kind, act) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: kind, textContent: text });
    made.addEventListener("click", act);
    return made;
  };

  const dialog = (label) => {
    const made = document.createElement("dialog");
    made.setAttribute("aria-label", label);
    made.addEventListener("close", () => made.remove());
    body.append(made);
    return made;
  };

  const question = () => {
    const said = body.dataset, made = dialog(said.idle);
    const title = Object.assign(document.createElement("h2"), { textContent: said.idle });
    const left = document.createElement("p");
    let seconds = LEFT;
    const tell = () => { left.textContent = said.left.replace("{n}", String(seconds)); };
    tell();
    made.append(title, left, button(said.stay, "button", () => made.close()),
      button(said.clear, "button second", () => { asked?.stop(); clear(); }));
    const beat = setInterval(() => {
      seconds -= 1;
      tell();
      if (seconds <= 0) { asked?.stop(); clear(); }
    }, 1000);
    asked = { stop: () => { clearInterval(beat); asked = null; } };
    made.addEventListener("close", () => { asked?.stop(); wait(); });
    made.showModal();
  };

  // -- one document for all steps -----------------------------------------------------------------

  const notice = async (link) => {
    const made = dialog(link.textContent.trim());
    try {
      const page = new DOMParser().parseFromString(await ask(link.href), "text/html");
      made.append(...page.getElementById("main").childNodes);
    } catch {
      made.append(body.dataset.failed);
    }
    for (const one of made.querySelectorAll("a, form")) one.replaceWith(...one.childNodes);
    const close = Object.assign(document.createElement("div"), { className: "stay" });
    close.append(button(body.dataset.close, "button", () => made.close()));
    made.append(close);
    const form = main.querySelector("form");
    if (form && !form.querySelector("[name=opened]")) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "opened", value: "1" }));
    }
    made.showModal();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented) return;
    event.preventDefault();
    const inside = link.getAttribute("href");
    if (inside.startsWith("#")) document.getElementById(inside.slice(1))?.focus();
    else if (link.target === "_blank") notice(link);
    else if (link.hasAttribute("data-end")) clear();
    else if (link.origin === location.origin) {
      if (link.hasAttribute("data-start")) document.documentElement.requestFullscreen?.().catch(() => {});
      go(link.href);
    }
  });

  document.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target, pressed = event.submitter;
    const sent = new URLSearchParams(new FormData(form));
    if (pressed?.name) sent.set(pressed.name, pressed.value);
    go(pressed?.hasAttribute("formaction") ? pressed.formAction : form.action, { method: "POST", body: sent });
  });

  for (const kind of ["pointerdown", "keydown", "input", "wheel"]) {
    addEventListener(kind, wait, { passive: true });
  }
  addEventListener("pageshow", (event) => { if (event.persisted) location.replace(body.dataset.start); });
  wait();
})();

/* Shortens the way on pages that already work without it: menu drawer, "/" for search, copying,
   theme without a reload, modal dialogs, select all. No framework, no request of its own. */
(function () {
  "use strict";
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const one = (selector) => document.querySelector(selector);
  let cameFrom = null;

  // What only a script can do is hidden until there is one.
  all("[data-copy],[data-copy-from],[data-reveal],[data-check-all],[data-close-toast],[data-show-filters]").forEach((el) => { el.hidden = false; });

  // Menu drawer: focus goes in, stays in, and comes back.
  const side = one("#menu");
  function drawer(open) {
    if (!side) return;
    side.classList.toggle("open", open);
    const rest = all(".top,.content");
    rest.forEach((el) => { el.inert = open; });
    if (open) { cameFrom = document.activeElement; (side.querySelector("a[aria-current],.nav-item") || side).focus(); }
    else if (cameFrom) { cameFrom.focus(); cameFrom = null; }
  }
  all("[data-drawer-open]").forEach((el) => el.addEventListener("click", (event) => { event.preventDefault(); drawer(true); }));
  all("[data-drawer-close]").forEach((el) => el.addEventListener("click", (event) => {
    if (location.hash === "#menu") return;
    event.preventDefault(); drawer(false);
  }));

  // Search: "/" anywhere, and the phone's magnifier.
  const search = one("[data-slash]");
  function openSearch() {
    if (!search) return;
    search.form.classList.add("open"); search.focus();
  }
  all("[data-search-open]").forEach((el) => el.addEventListener("click", (event) => { event.preventDefault(); openSearch(); }));
  all(".search-close").forEach((el) => el.addEventListener("click", (event) => {
    event.preventDefault(); el.closest("form").classList.remove("open");
    if (location.hash === "#ara") location.hash = "icerik";
  }));
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); openSearch(); }
    if (event.key !== "Escape") return;
    if (side && side.classList.contains("open")) drawer(false);
    const open = event.target.closest && event.target.closest("details[open]");
    const shut = open || one("details.filter[open],details[data-menu][open]");
    if (shut && shut.matches(".filter,[data-menu]")) { shut.open = false; shut.querySelector("summary").focus(); }
    if (search && document.activeElement === search) { search.form.classList.remove("open"); search.blur(); }
  });

  // One small form open at a time; a click elsewhere shuts it.
  document.addEventListener("click", (event) => {
    all("details.filter[open],details[data-menu][open]").forEach((el) => { if (!el.contains(event.target)) el.open = false; });
  });

  // What waits for somebody else is looked at again every few seconds, for ten minutes at most: a
  // page that asks for ever would keep its session alive for ever.
  if (one("[data-live]") && window.DOMParser) {
    let left = 150;
    const look = setInterval(() => {
      if (document.hidden) return;
      if (left-- <= 0) { clearInterval(look); return; }
      fetch(location.href, { credentials: "same-origin" }).then((answer) => (answer.ok && !answer.redirected ? answer.text() : "")).then((text) => {
        const next = new DOMParser().parseFromString(text, "text/html");
        all("[data-live]").forEach((now) => {
          const fresh = next.getElementById(now.id);
          if (fresh && fresh.innerHTML !== now.innerHTML) now.innerHTML = fresh.innerHTML;
        });
        // What has come to its end changes more of the page than what was watched.
        const end = one("[data-then-reload]");
        const last = end && next.getElementById(end.id);
        if (end && text && !(last && last.hasAttribute("data-live"))) { clearInterval(look); location.reload(); }
      }).catch(() => {});
    }, 4000);
  }

  // Dialogs become modal; Cancel and Escape give the focus back by themselves.
  all("[data-dialog]").forEach((button) => {
    const dialog = document.getElementById(button.dataset.dialog);
    if (!dialog || !dialog.showModal) return;
    button.removeAttribute("popovertarget");
    dialog.removeAttribute("popover");
    all("[data-close]", dialog).forEach((el) => { el.removeAttribute("popovertarget"); el.addEventListener("click", () => dialog.close()); });
    button.addEventListener("click", () => dialog.showModal());
  });

  // Theme without a reload; the cookie lets the server draw the next page right.
  all("[data-theme-toggle]").forEach((button) => button.form.addEventListener("submit", (event) => {
    event.preventDefault();
    const root = document.documentElement;
    const now = root.dataset.theme;
    const dark = now === "koyu" || (now === "oto" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "acik" : "koyu";
    document.cookie = "tema=" + root.dataset.theme + ";path=/;max-age=31536000;samesite=lax" + (location.protocol === "https:" ? ";secure" : "");
  }));

  // Copying, with the answer said aloud.
  const voice = one(".toasts");
  function copied(text, button) {
    navigator.clipboard.writeText(text).then(() => {
      button.classList.add("done");
      const note = document.createElement("p");
      note.className = "sr"; note.textContent = button.dataset.done || "✓";
      if (voice) voice.append(note);
      setTimeout(() => { button.classList.remove("done"); note.remove(); }, 2000);
    });
  }
  all("[data-copy]").forEach((el) => el.addEventListener("click", () => copied(el.dataset.copy, el)));
  all("[data-copy-from]").forEach((el) => el.addEventListener("click", () => copied(document.getElementById(el.dataset.copyFrom).textContent, el)));

  all("[data-reveal]").forEach((el) => el.addEventListener("click", () => {
    const field = document.getElementById(el.dataset.reveal);
    const show = field.type === "password";
    field.type = show ? "text" : "password";
    el.setAttribute("aria-pressed", String(show));
  }));
  all("[data-close-toast]").forEach((el) => el.addEventListener("click", () => el.closest("[data-toast]").remove()));

  // Rows: select all, and how many.
  all(".list,.listing").forEach((list) => {
    const boxes = all(".row-check", list);
    const head = list.querySelector("[data-check-all]");
    const count = list.querySelector("[data-bulk-count]");
    if (!boxes.length) return;
    const update = () => {
      const on = boxes.filter((box) => box.checked).length;
      if (head) { head.checked = on === boxes.length; head.indeterminate = on > 0 && on < boxes.length; }
      if (count) count.textContent = count.dataset.text.replace("{n}", on);
    };
    boxes.forEach((box) => box.addEventListener("change", update));
    if (head) head.addEventListener("change", () => { boxes.forEach((box) => { box.checked = head.checked; }); update(); });
    all("[data-bulk-clear]", list).forEach((el) => el.addEventListener("click", () => { boxes.forEach((box) => { box.checked = false; }); update(); }));
    update();
  });
  all("[data-show-filters]").forEach((el) => el.addEventListener("click", () => {
    const open = el.closest(".list,.listing").classList.toggle("show-filters");
    el.setAttribute("aria-expanded", String(open));
  }));

  const wrong = one("[data-focus]");
  if (wrong) wrong.focus();
})();

// Large exports: the page looks again by itself while something is being made.
"use strict";
(() => {
  const list = document.getElementById("disa-aktarmalar");
  const voice = document.querySelector("[data-exports-voice]");
  if (!list || !window.DOMParser) return;
  let left = 900;
  let asking = false;
  const look = setInterval(() => {
    // somebody who is about to confirm something is not disturbed
    if (document.hidden || asking || document.querySelector("dialog[open], :popover-open")) return;
    if (left-- <= 0) { clearInterval(look); return; }
    asking = true;
    fetch(location.href, { credentials: "same-origin" }).then((answer) => (answer.ok && !answer.redirected ? answer.text() : "")).then((text) => {
      if (!text) return;
      const next = new DOMParser().parseFromString(text, "text/html").getElementById("disa-aktarmalar");
      if (!next) return;
      if (next.hasAttribute("data-exports-live")) {
        list.querySelectorAll(".export-run").forEach((card, place) => {
          const fresh = next.querySelectorAll(".export-run")[place];
          for (const part of [".work-line", "progress", ".badge"]) {
            const now = card.querySelector(part);
            const then = fresh && fresh.querySelector(part);
            if (now && then && now.outerHTML !== then.outerHTML) now.replaceWith(document.importNode(then, true));
          }
        });
      }
      if (!next.hasAttribute("data-exports-live") || next.querySelectorAll("progress").length !== list.querySelectorAll("progress").length) {
        clearInterval(look);
        location.reload();
      } else if (voice) {
        const said = list.querySelector(".work-line");
        if (said && left % 15 === 0) voice.textContent = said.textContent.trim();
      }
    }).catch(() => {}).finally(() => { asking = false; });
  }, 2000);
})();

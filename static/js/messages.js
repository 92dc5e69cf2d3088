/* The editor of messages: findings, preview and cost while one writes, marks under the words, fields,
   the mail in its frame. Without it every button works by the form. */
(function () {
  "use strict";
  const form = document.getElementById("yazi");
  if (!form || !window.fetch) return;
  const { area, check, later, put, keep, hear } = window.iletiWriting(form);
  const live = document.querySelector("[data-live]");
  const frame = document.querySelector("iframe[name=onizleme]");
  let easier = "";
  document.querySelectorAll("[data-with-script]").forEach((el) => { el.hidden = false; });
  document.querySelectorAll("[data-without-script]").forEach((el) => { el.hidden = true; });

  hear((said) => {
    const open = live.querySelector("details[open]") !== null;
    live.innerHTML = said.live;
    if (open) live.querySelectorAll("details").forEach((el) => { el.open = true; });
    easier = said.plain;
  });
  form.addEventListener("input", (event) => { if (event.target.name !== "kisi") later(); });

  live.addEventListener("click", (event) => {
    if (!event.target.closest("[data-plain]") || !easier) return;
    event.preventDefault();
    put(area, easier, 0, area.value.length);
  });
  let last = area;
  form.addEventListener("focusin", (event) => {
    if (["body", "subject", "preheader", "html"].includes(event.target.name)
      || event.target.matches("[data-takes-field]")) last = event.target;
  });
  const fields = form.querySelector("[data-field]");
  fields.addEventListener("change", () => {
    if (fields.value) put(last, fields.value, last.selectionStart, last.selectionEnd);
    fields.value = "";
  });
  document.querySelectorAll("[data-width]").forEach((button) => button.addEventListener("click", () => {
    frame.classList.toggle("narrow", button.dataset.width === "narrow");
  }));

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-mark]");
    if (!button) return;
    const place = document.getElementById(button.dataset.for);
    const [start, end] = [place.selectionStart, place.selectionEnd];
    const words = place.value.slice(start, end);
    const mark = button.dataset.mark;
    put(place, mark === "link" ? `[${words || "…"}](https://)` : mark + words + mark, start, end);
    if (mark !== "link" && !words) place.setSelectionRange(start + mark.length, start + mark.length);
  });
  if (frame && "unsaved" in form.dataset) document.querySelector("[data-frame]").click();

  keep(() => JSON.stringify(Array.from(new FormData(form)).filter(([name]) => name !== "kisi")));
  check();
})();

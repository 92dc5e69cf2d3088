/* The editor of texts: remarks while one writes, marks under the words, proposals, fields. Without
   it every button works by the form. */
(function () {
  "use strict";
  const form = document.getElementById("yazi");
  if (!form || !window.fetch) return;
  const { area, aside, check, later, put, keep } = window.iletiWriting(form);
  document.querySelectorAll("[data-wrap],[data-line],[data-with-script]").forEach((el) => { el.hidden = false; });
  document.querySelectorAll("[data-without-script]").forEach((el) => { el.open = false; });

  area.addEventListener("input", later);
  form.elements.title.addEventListener("input", later);

  const place = (n) => Array.from(area.value).slice(0, n).join("").length;
  aside.addEventListener("click", (event) => {
    const button = event.target.closest("[data-apply]");
    if (!button) return;
    event.preventDefault();
    const [start, end] = button.dataset.apply.split(",").map(Number);
    button.blur();
    if (end) put(area, button.dataset.words, place(start), place(end));
    else put(area, "\n\n" + button.dataset.words, area.value.trimEnd().length, area.value.length);
  });
  form.querySelectorAll("[data-wrap]").forEach((button) => button.addEventListener("click", () => {
    const [a, b] = [area.selectionStart, area.selectionEnd];
    put(area, "**" + area.value.slice(a, b) + "**", a, b);
  }));
  form.querySelectorAll("[data-line]").forEach((button) => button.addEventListener("click", () => {
    const a = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
    put(area, button.dataset.line, a, a);
  }));
  const fields = form.querySelector("[data-field]");
  fields.addEventListener("change", () => {
    if (fields.value) put(area, fields.value, area.selectionStart, area.selectionEnd);
    fields.value = "";
  });

  keep(() => area.value + form.elements.title.value);
  check();
})();

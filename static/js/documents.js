/* The editor of texts: remarks while one writes, marks under the words, proposals, fields. Without
   it every button works by the form. */
(function () {
  "use strict";
  const form = document.getElementById("yazi");
  if (!form || !window.fetch) return;
  const area = form.elements.body;
  const aside = document.querySelector("[data-remarks]");
  const paper = document.querySelector("[data-marks]");
  const status = document.querySelector("[data-said]");
  const MARKED = 20000; // a longer text is marked by the server alone
  document.querySelectorAll("[data-wrap],[data-line],[data-with-script]").forEach((el) => { el.hidden = false; });
  paper.hidden = false;
  document.querySelectorAll("[data-without-script]").forEach((el) => { el.open = false; });

  // One way to change the text, so that Ctrl+Z takes it back.
  function put(text, start, end) {
    area.focus();
    area.setSelectionRange(start, end);
    if (!document.execCommand("insertText", false, text)) area.setRangeText(text, start, end, "end");
    later();
  }

  let waiting = 0;
  let asked = 0;
  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(check, 600);
  }

  function check() {
    const number = ++asked;
    const body = new FormData(form);
    fetch(form.dataset.check, { method: "POST", body, credentials: "same-origin" })
      .then((answer) => (answer.ok && !answer.redirected ? answer.json() : null))
      .then((said) => {
        if (!said || number !== asked) return;
        const open = document.activeElement && aside.contains(document.activeElement);
        if (!open) aside.innerHTML = said.html;
        draw(said.marks);
        const count = (kind) => aside.querySelectorAll(".remark-n." + kind).length;
        status.textContent = status.dataset.said.replace("{e}", count("error")).replace("{h}", count("hint"));
      }).catch(() => {});
  }

  // Places are counted in characters, as the server counts them; a pair of UTF-16 is one.
  function draw(marks) {
    paper.textContent = "";
    const all = Array.from(area.value);
    if (all.length > MARKED) return;
    let at = 0;
    marks.slice().sort((a, b) => a[0] - b[0] || b[1] - a[1]).forEach(([start, end, level]) => {
      if (start < at) return;
      paper.append(all.slice(at, start).join(""));
      const mark = document.createElement("mark");
      mark.className = "m-" + level;
      mark.textContent = all.slice(start, end).join("");
      paper.append(mark);
      at = end;
    });
    paper.append(all.slice(at).join("") + "\n");
    paper.scrollTop = area.scrollTop;
  }
  area.addEventListener("scroll", () => { paper.scrollTop = area.scrollTop; });
  area.addEventListener("input", () => { paper.textContent = ""; later(); });
  form.elements.title.addEventListener("input", later);

  const place = (n) => Array.from(area.value).slice(0, n).join("").length;
  aside.addEventListener("click", (event) => {
    const button = event.target.closest("[data-apply]");
    if (!button) return;
    event.preventDefault();
    const [start, end] = button.dataset.apply.split(",").map(Number);
    button.blur();
    if (end) put(button.dataset.words, place(start), place(end));
    else put("\n\n" + button.dataset.words, area.value.trimEnd().length, area.value.length);
  });
  form.querySelectorAll("[data-wrap]").forEach((button) => button.addEventListener("click", () => {
    const [a, b] = [area.selectionStart, area.selectionEnd];
    put("**" + area.value.slice(a, b) + "**", a, b);
  }));
  form.querySelectorAll("[data-line]").forEach((button) => button.addEventListener("click", () => {
    const a = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
    put(button.dataset.line, a, a);
  }));
  const fields = form.querySelector("[data-field]");
  fields.addEventListener("change", () => {
    if (fields.value) put(fields.value, area.selectionStart, area.selectionEnd);
    fields.value = "";
  });

  // Nothing typed is lost by a click on a link.
  let clean = area.value + form.elements.title.value;
  form.addEventListener("submit", (event) => {
    if (!event.submitter || event.submitter.formTarget !== "onizleme") clean = null;
  });
  window.addEventListener("beforeunload", (event) => {
    if (clean !== null && clean !== area.value + form.elements.title.value) event.preventDefault();
  });
  check();
})();

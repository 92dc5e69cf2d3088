/* What the editors of texts and of messages share: the server is asked while one writes, and what it
   finds is marked under the words. */
window.iletiWriting = function (form) {
  "use strict";
  const area = form.elements.body;
  const aside = document.querySelector("[data-remarks]");
  const paper = document.querySelector("[data-marks]");
  const status = document.querySelector("[data-said]");
  const MARKED = 20000; // a longer text is marked by the server alone
  let waiting = 0;
  let asked = 0;
  let told = () => {};

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

  function check() {
    const number = ++asked;
    fetch(form.dataset.check, { method: "POST", body: new FormData(form), credentials: "same-origin" })
      .then((answer) => (answer.ok && !answer.redirected ? answer.json() : null))
      .then((said) => {
        if (!said || number !== asked) return;
        if (!(document.activeElement && aside.contains(document.activeElement))) aside.innerHTML = said.html;
        draw(said.marks);
        const count = (kind) => aside.querySelectorAll(".remark-n." + kind).length;
        status.textContent = status.dataset.said.replace("{e}", count("error")).replace("{h}", count("hint"));
        told(said);
      }).catch(() => {});
  }

  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(check, 500);
  }

  // One way to change a text, so that Ctrl+Z takes it back.
  function put(place, text, start, end) {
    place.focus();
    place.setSelectionRange(start, end);
    if (!document.execCommand("insertText", false, text)) place.setRangeText(text, start, end, "end");
    later();
  }

  // Nothing typed is lost by a click on a link; what `written` answers is what was typed.
  function keep(written) {
    let clean = "unsaved" in form.dataset ? "" : written();
    form.addEventListener("submit", (event) => {
      if (!event.submitter || event.submitter.formTarget !== "onizleme") clean = null;
    });
    window.addEventListener("beforeunload", (event) => {
      if (clean !== null && clean !== written()) event.preventDefault();
    });
  }

  paper.hidden = false;
  area.addEventListener("scroll", () => { paper.scrollTop = area.scrollTop; });
  area.addEventListener("input", () => { paper.textContent = ""; });
  return { area, aside, check, later, put, keep, hear: (done) => { told = done; } };
};

// The guide's search while typing. Without this file the form asks the server.
"use strict";
(() => {
  const form = document.querySelector("[data-guide-search]");
  const held = document.getElementById("guide-index");
  if (!form || !held) return;
  const fold = (text) => text.replace(/[İI]/g, "i").toLowerCase().replace(/ı/g, "i")
    .normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/’/g, "'");
  const tasks = JSON.parse(held.textContent).map((one) => ({ ...one, name: fold(one.title), all: fold(`${one.title} ${one.text}`) }));
  const box = form.elements.namedItem("q");
  const hits = document.querySelector("[data-guide-hits]");
  const none = document.querySelector("[data-guide-none]");
  const chapter = document.querySelector("[data-guide-chapter]");
  const show = () => {
    const words = fold(box.value).split(/\s+/).filter(Boolean);
    hits.hidden = !words.length;
    chapter.hidden = Boolean(words.length);
    const fit = words.length ? tasks.filter((one) => words.every((word) => one.all.includes(word))) : [];
    const named = (one) => words.every((word) => one.name.includes(word));
    fit.sort((a, b) => Number(named(b)) - Number(named(a)));
    none.hidden = fit.length > 0;
    hits.querySelector("ul").replaceChildren(...fit.map((one) => {
      const row = document.createElement("li");
      const link = document.createElement("a");
      const part = document.createElement("span");
      link.href = one.url;
      link.textContent = one.title;
      part.className = "guide-part";
      part.textContent = one.part;
      row.append(link, " ", part);
      return row;
    }));
  };
  const clear = () => { box.value = ""; show(); };
  box.addEventListener("input", show);
  form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
  // a hit of the chapter one is in only moves within the page, so the chapter comes back first
  hits.addEventListener("click", (event) => { if (event.target.closest("a")) clear(); });
})();

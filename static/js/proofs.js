/* Proof files go up one by one, each with its progress and its own refusal, and the list of files is
   drawn anew without touching what else is typed on the page. Without it the form is one POST. */
(function () {
  "use strict";
  const one = (selector, root) => root.querySelector(selector);

  function send(form, file, moved) {
    return new Promise((done, failed) => {
      const body = new FormData();
      Array.from(form.elements).forEach((el) => {
        if (el.name && el.type !== "file" && el.name !== "dosya") body.append(el.name, el.value);
      });
      body.append("dosya", file, file.name);
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.upload.addEventListener("progress", (event) => moved(event.loaded));
      request.addEventListener("load", () => {
        let said = {};
        try { said = JSON.parse(request.responseText); } catch (error) { /* a page of a proxy */ }
        if (request.status === 200 && said.count !== undefined) done();
        else failed(Object.assign(new Error(said.say || said.detail || ""), { final: request.status >= 400 && request.status < 500 && request.status !== 429 }));
      });
      ["error", "abort", "timeout"].forEach((name) => request.addEventListener(name, () => failed(new Error(""))));
      request.send(body);
    });
  }

  async function patiently(act) {
    for (let tries = 0; ; tries += 1) {
      try { return await act(); } catch (error) {
        if (error.final || tries >= 3) throw error;
        await new Promise((done) => setTimeout(done, 1000 * 2 ** tries));
      }
    }
  }

  async function redraw(id, refused) {
    const answer = await fetch(location.href.split("#")[0], { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) { location.reload(); return; }
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
    const now = document.getElementById(id);
    if (!next || !now) { location.reload(); return; }
    now.replaceWith(document.importNode(next, true));
    const fresh = document.getElementById(id);
    fresh.querySelectorAll("[data-proofs]").forEach((form) => dress(form, refused && form.querySelector("input[type=file]").id === refused.id ? refused : null));
  }

  function dress(form, told) {
    const said = form.dataset;
    const input = one("input[type=file]", form);
    const drop = one("[data-drop]", form);
    const bar = one("[data-progress]", form);
    const button = one("button.btn", form);
    one("[data-drop-hint]", form).hidden = false;
    ["dragenter", "dragover"].forEach((name) => drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); }));
    ["dragleave", "drop"].forEach((name) => drop.addEventListener(name, () => drop.classList.remove("over")));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });

    function show(faults, voice) {
      const place = one("[data-faults]", form);
      const list = one("ul", place);
      list.replaceChildren(...faults.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
      place.hidden = !faults.length;
      if (voice) one("[data-voice]", form).textContent = voice;
    }
    if (told) {
      show(told.faults, told.voice);
      const folded = form.closest("details");
      if (folded && told.faults.length) folded.open = true;
    }

    async function upload(files) {
      const total = files.reduce((sum, file) => sum + file.size, 0) || 1;
      const faults = [];
      let sent = 0;
      let kept = 0;
      const line = one("progress", bar);
      button.disabled = true;
      bar.hidden = false;
      for (let n = 0; n < files.length; n += 1) {
        const file = files[n];
        one("[data-amount]", bar).textContent = said.going.replace("{n}", n + 1).replace("{m}", files.length).replace("{name}", file.name);
        try {
          if (file.size > Number(said.longest)) throw Object.assign(new Error(said.tooLarge), { final: true });
          await patiently(() => send(form, file, (moved) => { line.value = (100 * (sent + Math.min(moved, file.size))) / total; }));
          kept += 1;
        } catch (error) { faults.push(file.name + ": " + (error.message || said.broken)); }
        sent += file.size;
        line.value = (100 * sent) / total;
      }
      button.disabled = false;
      bar.hidden = true;
      const voice = said.done.replace("{n}", kept.toLocaleString(said.page));
      show(faults, voice);
      if (kept) await redraw(said.region, { id: input.id, faults: faults, voice: voice });
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const files = Array.from(input.files);
      if (!files.length) { show([said.noFile]); return; }
      show([]);
      upload(files).catch(() => { button.disabled = false; show([said.broken]); });
    });
  }

  if (window.FormData && window.DOMParser && window.Promise) document.querySelectorAll("[data-proofs]").forEach((form) => dress(form, null));
})();

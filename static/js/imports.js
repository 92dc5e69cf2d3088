/* Imports: a large file goes up in parts that continue after a break, a corrected layout is read at
   once, and work that goes on is looked at again. Without it every page works by plain forms. */
(function () {
  "use strict";
  const one = (selector, root) => (root || document).querySelector(selector);
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  // A corrected layout: the file is read anew without pressing the button.
  all("[data-read-again]").forEach((el) => el.addEventListener("change", () => {
    const button = one("button[value=oku]");
    if (button) el.form.requestSubmit(button);
  }));

  // Work that goes on: for half an hour at most, or the page would keep its session alive for ever.
  const live = one("[data-import-live]");
  if (live && window.DOMParser) {
    let left = 900;
    let asking = false;
    const look = setInterval(() => {
      if (document.hidden || asking) return;
      if (left-- <= 0) { clearInterval(look); return; }
      asking = true;
      fetch(location.href, { credentials: "same-origin" }).then((answer) => (answer.ok && !answer.redirected ? answer.text() : "")).then((text) => {
        if (!text) return;
        const next = new DOMParser().parseFromString(text, "text/html");
        const other = next.querySelector("[data-import-live]");
        if (!other || other.dataset.state !== live.dataset.state) {
          clearInterval(look);
          location.reload();
          return;
        }
        const now = one("#ilerleme");
        const fresh = next.getElementById("ilerleme");
        if (now && fresh && now.innerHTML !== fresh.innerHTML) now.innerHTML = fresh.innerHTML;
      }).catch(() => {}).finally(() => { asking = false; });
    }, 2000);
  }

  const form = one("[data-upload]");
  if (!form || !window.Blob || !Blob.prototype.slice) return;
  const said = form.dataset;
  const input = form.elements.dosya;
  const drop = one("[data-drop]", form);
  const bar = one("[data-progress]", form);
  const stop = one("[data-stop]", form);
  const button = one("button.primary", form);
  const PART = Number(said.partBytes);
  const token = form.elements.csrf_token.value;
  let stopped = false;
  let request = null;

  // Dropping is a second way; the button stays the first.
  one("[data-drop-hint]", form).hidden = false;
  ["dragenter", "dragover"].forEach((name) => drop.addEventListener(name, (event) => {
    event.preventDefault(); drop.classList.add("over");
  }));
  ["dragleave", "drop"].forEach((name) => drop.addEventListener(name, () => drop.classList.remove("over")));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    picked();
  });
  function picked() {
    const file = input.files[0];
    const line = one("[data-picked]", form);
    line.hidden = !file;
    if (file) line.textContent = file.name + " · " + megabytes(file.size);
    fault("");
  }
  input.addEventListener("change", picked);

  function megabytes(size) {
    return (size / 1e6).toLocaleString(said.page, { maximumFractionDigits: size < 1e7 ? 1 : 0 }) + " MB";
  }
  function fault(text) {
    const place = one("[data-fault]", form);
    place.hidden = !text;
    one("span", place).textContent = text;
  }
  function busy(on) {
    button.disabled = on;
    stop.hidden = !on;
    bar.hidden = !on && !bar.dataset.seen;
    if (on) bar.dataset.seen = "1";
  }
  // What a file is known by until it is whole: name, size, time of its last change, and the brand.
  function mark(file, brand) {
    return "ileti-aktarma:" + [brand, file.name, file.size, file.lastModified].join("|");
  }
  function kept(key, value) {
    try {
      if (value === undefined) return localStorage.getItem(key);
      if (value === null) localStorage.removeItem(key); else localStorage.setItem(key, value);
    } catch (error) { /* private windows keep nothing; then an upload does not continue */ }
    return null;
  }

  function ask(url, fields) {
    const options = { credentials: "same-origin", headers: { Accept: "application/json" } };
    if (fields) {
      options.method = "POST";
      options.body = new URLSearchParams(Object.assign({ csrf_token: token }, fields));
    }
    return fetch(url, options).then((answer) => answer.json().catch(() => ({})).then((body) => {
      if (answer.ok) return body;
      throw Object.assign(new Error(body.say || body.detail || ""), { final: answer.status < 500 && answer.status !== 429, status: answer.status });
    }));
  }

  function send(url, piece, moved) {
    return new Promise((done, failed) => {
      request = new XMLHttpRequest();
      request.open("POST", url);
      request.setRequestHeader("X-CSRFToken", token);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.addEventListener("progress", (event) => moved(event.loaded));
      request.addEventListener("load", () => {
        let body = {};
        try { body = JSON.parse(request.responseText); } catch (error) { /* a page of a proxy */ }
        if (request.status === 200 && body.size === piece.size) done();
        else failed(Object.assign(new Error(body.say || body.detail || ""), { final: request.status >= 400 && request.status < 500 && request.status !== 429 }));
      });
      ["error", "abort", "timeout"].forEach((name) => request.addEventListener(name, () => failed(new Error(""))));
      request.send(piece);
    });
  }

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  async function patiently(act) {
    for (let tries = 0; ; tries += 1) {
      try { return await act(); } catch (error) {
        if (error.final || stopped || tries >= 5) throw error;
        await pause(1000 * 2 ** tries);
        if (stopped) throw error;
      }
    }
  }

  function show(sent, size, began, before) {
    const line = one("progress", bar);
    line.value = size ? (100 * sent) / size : 0;
    one("[data-amount]", bar).textContent = megabytes(sent) + " / " + megabytes(size);
    const seconds = (Date.now() - began) / 1000;
    const rate = seconds > 1 ? (sent - before) / seconds : 0;
    const rest = rate > 0 ? (size - sent) / rate : 0;
    const time = rest < 90 ? said.seconds.replace("{n}", Math.ceil(rest)) : said.minutes.replace("{n}", Math.round(rest / 60));
    one("[data-rest]", bar).textContent = rate > 0 ? megabytes(rate) + "/s · " + said.left.replace("{t}", time) : "";
  }

  async function begun(file, brand, key) {
    const known = kept(key);
    if (said.run && known !== said.run) one("[data-voice]", form).textContent = said.strange;
    if (known) {
      try {
        const answer = await ask(said.parts.replace("/0/", "/" + known + "/"));
        return { run: known, parts: answer.parts };
      } catch (error) {
        if (!error.final) throw error;
        kept(key, null);
      }
    }
    const made = await ask(said.begin, { marka: brand, ad: file.name, boyut: file.size });
    kept(key, made.run);
    return { run: String(made.run), parts: {} };
  }

  async function upload(file, brand) {
    const key = mark(file, brand);
    const { run, parts } = await patiently(() => begun(file, brand, key));
    const base = said.parts.replace("/0/", "/" + run + "/");
    const count = Math.max(1, Math.ceil(file.size / PART));
    let sent = 0;
    const began = Date.now();
    for (let n = 1; n <= count; n += 1) {
      const piece = file.slice((n - 1) * PART, n * PART);
      if (parts[n] === piece.size) sent += piece.size;
    }
    const before = sent;
    show(sent, file.size, began, before);
    for (let n = 1; n <= count; n += 1) {
      const piece = file.slice((n - 1) * PART, n * PART);
      if (parts[n] === piece.size) continue;
      if (stopped) throw new Error("");
      await patiently(() => send(base + n, piece, (moved) => show(sent + Math.min(moved, piece.size), file.size, began, before)));
      sent += piece.size;
      show(sent, file.size, began, before);
    }
    one("[data-voice]", form).textContent = said.checking;
    one("[data-rest]", bar).textContent = said.checking;
    const old = form.elements.onceki;
    const answer = await patiently(() => ask(said.done.replace("/0/", "/" + run + "/"), old ? { onceki: old.value } : {}));
    kept(key, null);
    location.assign(answer.url);
  }

  stop.addEventListener("click", () => { stopped = true; if (request) request.abort(); });
  form.addEventListener("submit", (event) => {
    const file = input.files[0];
    const brand = form.elements.marka ? form.elements.marka.value : "";
    event.preventDefault();
    if (!file) { fault(said.noFile); return; }
    if (!brand) { fault(said.noBrand); return; }
    if (file.size > Number(said.longest)) { fault(said.tooLarge); return; }
    fault("");
    stopped = false;
    busy(true);
    upload(file, brand).catch((error) => {
      busy(false);
      fault(error.message || (stopped ? said.stopped : said.broken));
    });
  });
})();

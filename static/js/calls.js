/* One key, one button: letters on the agent's screen press the button that names them. Everything
   works without this; function keys press while one types as well, letters do not. */
(function () {
  "use strict";
  const STORE = "calls-keys";
  const box = document.querySelector("[data-keys-on]");
  const shell = document.querySelector("[data-keys]");
  let on = true, pressed = false;
  try { on = localStorage.getItem(STORE) !== "off"; } catch { on = true; }
  if (shell) shell.hidden = false;
  if (box) {
    box.checked = on;
    box.addEventListener("change", () => {
      on = box.checked;
      try { localStorage.setItem(STORE, on ? "on" : "off"); } catch { /* it holds for this page */ }
    });
  }

  const typing = (el) => (/^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName) && !/^(checkbox|radio|submit)$/.test(el.type)) || el.isContentEditable;

  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || pressed) return;
    if (document.querySelector("dialog[open]")) return;
    const far = /^F\d+$/.test(event.key);
    if (!far && typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (!far && !on) return;
    const key = event.key.length === 1 ? event.key.toLocaleLowerCase("tr") : event.key;
    if (!/^([a-z0-9]|F\d+)$/.test(key)) return;
    const target = document.querySelector('[data-key="' + key + '"]');
    if (!target) return;
    event.preventDefault();
    if (typing(target)) { target.focus(); return; }
    pressed = target.tagName !== "A";
    target.click();
    // a form that the browser holds back (a field that is needed) leaves the keys alive
    if (target.form && !target.form.checkValidity()) pressed = false;
  });
  window.addEventListener("pageshow", () => { pressed = false; });
})();

/* New messages appear by themselves; without this script the link "Yenile" does the same. */
const inbox = document.querySelector("#inbox");

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#inbox");
    if (fresh && fresh.innerHTML !== inbox.innerHTML) inbox.replaceChildren(...fresh.children);
  } catch {
    // The server is away for a moment; the next look will tell.
  }
}

setInterval(look, 2000);

/* The demo shop signs nobody up: it only says so, and keeps what was typed on the page. A shop with a
   server of its own would post here. The widget listens to the same submit by itself. */
const form = document.querySelector("#signup");
const joined = document.querySelector(".joined");

document.querySelector("#ask").addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  joined.hidden = false;
});

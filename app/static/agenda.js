// The planning grid: a session is dragged by pointer, or picked up by its button and moved with the arrow keys.
// Every move is the form of a move sent to the server; the board comes back as it is now. Without this file the
// session's own page has the same as fields.
(function () {
  if (window.agendaGrid) return;
  window.agendaGrid = true;
  let picked = null;
  let target = null;
  let drag = null;
  const board = () => document.querySelector("[data-board]");
  const free = () => [...document.querySelectorAll("[data-agenda-grid] td[data-starts]")];

  function say(text) {
    const place = document.getElementById("announcer");
    if (place) place.textContent = text;
  }
  function aim(cell) {
    if (target) target.classList.remove("is-target");
    target = cell;
    if (!cell) return;
    cell.classList.add("is-target");
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    const row = cell.parentElement.querySelector("th");
    say(board().dataset.at.replace("{room}", roomOf(cell)).replace("{time}", row ? row.textContent.trim() : ""));
  }
  function roomOf(cell) {
    // Columns are found by where they lie: cells above may reach over several rows.
    const heads = [...document.querySelectorAll("[data-agenda-grid] thead th")];
    const middle = cell.getBoundingClientRect().left + cell.getBoundingClientRect().width / 2;
    const head = heads.find((th) => { const box = th.getBoundingClientRect(); return box.left <= middle && middle <= box.right; });
    return head ? head.textContent.trim() : "";
  }
  function pickUp(card) {
    drop(false);
    picked = card;
    card.classList.add("is-picked");
    const button = card.querySelector("[data-pick-up]");
    if (button) button.setAttribute("aria-pressed", "true");
    say(board().dataset.picked.replace("{title}", card.dataset.label));
  }
  function drop(spoken) {
    if (picked) {
      picked.classList.remove("is-picked");
      const button = picked.querySelector("[data-pick-up]");
      if (button) button.setAttribute("aria-pressed", "false");
      if (spoken) say(board().dataset.left);
    }
    picked = null;
    aim(null);
  }
  function put() {
    if (!picked || !target) return;
    const home = board();
    const session = picked.dataset.session;
    const values = { zone: target.dataset.zone, starts_at: target.dataset.starts, version: picked.dataset.version, day: home.dataset.day };
    const token = document.querySelector("input[name=_csrf]");
    if (token) values._csrf = token.value;
    const done = home.dataset.moved;
    drop(false);
    window.htmx.ajax("POST", home.dataset.move + session + "/move", { target: "#board", swap: "outerHTML", values }).then(() => {
      say(done);
      const button = document.querySelector('[data-session="' + session + '"] [data-pick-up]');
      if (button) button.focus({ preventScroll: true });
    });
  }
  function next(key) {
    const cells = free();
    const from = (target || picked).getBoundingClientRect();
    const x = from.left + from.width / 2, y = from.top + from.height / 2;
    const sideways = key === "ArrowLeft" || key === "ArrowRight";
    const ahead = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
    let best = null, least = Infinity;
    for (const cell of cells) {
      const box = cell.getBoundingClientRect();
      const dx = box.left + box.width / 2 - x, dy = box.top + box.height / 2 - y;
      const along = (sideways ? dx : dy) * ahead, across = Math.abs(sideways ? dy : dx);
      if (along < 4) continue;
      const far = along + across * 20;
      if (far < least) { least = far; best = cell; }
    }
    return best || target || cells[0] || null;
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pick-up]");
    if (button) {
      const card = button.closest("[data-session]");
      if (picked === card) drop(true); else pickUp(card);
      return;
    }
    const cell = event.target.closest("td[data-starts]");
    if (picked && cell) { event.preventDefault(); aim(cell); put(); }
  });
  document.addEventListener("keydown", (event) => {
    if (!picked) return;
    if (event.key === "Escape") { drop(true); event.preventDefault(); }
    else if (event.key.startsWith("Arrow")) { aim(next(event.key)); event.preventDefault(); }
    else if ((event.key === "Enter" || event.key === " ") && target) { put(); event.preventDefault(); }
  });
  // A mouse drags at once. A finger scrolls the page; held still on a session for a moment it picks that up instead.
  const HOLD = 350;
  let swallow = false;
  function hold(card, event) {
    drag = { card, x: event.clientX, y: event.clientY, held: false };
    drag.timer = setTimeout(() => {
      drag.held = true;
      pickUp(card);
      if (navigator.vibrate) navigator.vibrate(15);
    }, HOLD);
  }
  function letGo() {
    if (drag) clearTimeout(drag.timer);
    drag = null;
  }
  document.addEventListener("pointerdown", (event) => {
    const card = event.target.closest("[data-session]");
    swallow = false;
    if (!card || event.button !== 0 || event.target.closest("button")) return;
    if (event.pointerType === "touch") { if (document.querySelector("[data-board]")) hold(card, event); return; }
    if (!event.target.closest("a")) drag = { card, x: event.clientX, y: event.clientY, held: true };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y);
    if (!drag.held) { if (far > 10) letGo(); return; }
    if (!picked && far > 6) pickUp(drag.card);
    if (picked) {
      event.preventDefault();
      const under = document.elementFromPoint(event.clientX, event.clientY);
      const cell = under && under.closest("td[data-starts]");
      if (cell !== target) aim(cell);
    }
  });
  document.addEventListener("touchmove", (event) => { if (drag && drag.held) event.preventDefault(); }, { passive: false });
  document.addEventListener("contextmenu", (event) => { if (drag && drag.held && picked) event.preventDefault(); });
  document.addEventListener("pointerup", () => {
    if (drag && drag.held && picked) {
      swallow = true;
      if (target) put(); else drop(true);
    }
    letGo();
  });
  document.addEventListener("click", (event) => {
    if (swallow && event.target.closest("[data-session]")) event.preventDefault();
    swallow = false;
  }, true);
  document.addEventListener("pointercancel", () => { letGo(); drop(false); });
})();

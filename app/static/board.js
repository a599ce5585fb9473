// Boards: cards are moved by mouse, finger and arrow keys. Each move is one request; the answer draws the board again.
// Without it the ⋯ of a card leads to a form that does the same.
(function () {
  "use strict";
  var doc = document;
  var drag = null;
  var moving = false, keys = []; // keys struck while a move is under way are for the card as it will stand then

  function boardOf(elt) { return elt && elt.closest ? elt.closest("[data-board][data-editable='yes']") : null; }
  function cardsOf(column) { return column.querySelectorAll("[data-card]:not(.board-lifted)"); }
  function say(board, name, text) {
    var place = doc.getElementById("announcer");
    if (place) place.textContent = (board.getAttribute(text) || "").replace("§", name);
  }

  // place: {before: card} or {after: card} or neither, for the top
  function move(board, card, column, place) {
    var id = card.getAttribute("data-card");
    var query = board.getAttribute("data-query");
    var values = { stage: column.getAttribute("data-stage"), moves: card.getAttribute("data-moves") };
    var holder = doc.querySelector("[data-move-form]");
    values._csrf = holder ? holder.getAttribute("data-csrf") : "";
    if (place.before) values.before = place.before.getAttribute("data-card");
    var shown = Array.prototype.map.call(board.children, function (one) {
      return one.getAttribute("data-stage") + ":" + one.querySelectorAll("[data-card]").length;
    });
    values.shown = shown.join(","); // what was gone on to read stays there
    if (place.after) values.after = place.after.getAttribute("data-card");
    var scrolled = board.parentElement.scrollLeft;
    var name = card.getAttribute("data-name");
    var address = board.getAttribute("data-board") + "/cards/" + id + "/move" + (query ? "?" + query : "");
    moving = true;
    window.htmx.ajax("POST", address, { source: "#board", target: "#board", swap: "outerHTML", values: values }).then(function () {
      var fresh = doc.querySelector("[data-board]");
      if (!fresh) { keys = []; return; }
      fresh.parentElement.scrollLeft = scrolled;
      if (doc.querySelector("#board [data-focus]")) { keys = []; return; }
      say(fresh, name, "data-moved");
      var handle = doc.querySelector("#c-" + CSS.escape(id) + " [data-handle]");
      if (handle) { handle.focus({ preventScroll: true }); handle.scrollIntoView({ block: "nearest", inline: "nearest" }); }
    }).finally(function () {
      moving = false;
      while (keys.length && !moving) {
        var still = doc.activeElement;
        if (!still || !still.matches("[data-handle]")) { keys = []; return; }
        still.dispatchEvent(new KeyboardEvent("keydown", { key: keys.shift(), bubbles: true, cancelable: true }));
      }
    });
  }

  // --- keyboard: arrows on the ⋯ of a card ---
  doc.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && drag) { settle(false); return; }
    var handle = event.target.closest && event.target.closest("[data-handle]");
    var board = boardOf(handle);
    if (!board || event.ctrlKey || event.metaKey || event.altKey) return;
    var card = handle.closest("[data-card]");
    var column = card.closest("[data-stage]");
    var next = null, place = {};
    if (event.key === "ArrowRight") next = column.nextElementSibling;
    else if (event.key === "ArrowLeft") next = column.previousElementSibling;
    else if (event.key === "ArrowUp") { place.before = beside(card, "previousElementSibling"); next = place.before && column; }
    else if (event.key === "ArrowDown") { place.after = beside(card, "nextElementSibling"); next = place.after && column; }
    else return;
    event.preventDefault();
    if (moving) { if (!event.repeat) keys.push(event.key); return; }
    if (next) move(board, card, next, place);
  });
  function beside(card, way) {
    var other = card[way];
    return other && other.hasAttribute("data-card") ? other : null;
  }

  // --- mouse and finger ---
  doc.addEventListener("pointerdown", function (event) {
    var card = event.target.closest && event.target.closest("[data-card]");
    var board = boardOf(card);
    if (!board || event.button || drag) return;
    var handle = event.target.closest("[data-handle]");
    if (event.pointerType !== "mouse" && !handle) return; // a finger anywhere else scrolls
    if (!handle && event.target.closest("a, button, input")) { if (event.pointerType !== "mouse") return; }
    drag = { board: board, card: card, x: event.clientX, y: event.clientY, id: event.pointerId, ghost: null, gap: null };
  });
  doc.addEventListener("pointermove", function (event) {
    if (!drag || event.pointerId !== drag.id) return;
    if (!drag.ghost) {
      if (Math.abs(event.clientX - drag.x) + Math.abs(event.clientY - drag.y) < 8) return;
      lift();
    }
    event.preventDefault();
    follow(event.clientX, event.clientY);
  }, { passive: false });
  doc.addEventListener("pointerup", function (event) { if (drag && event.pointerId === drag.id) settle(true); });
  doc.addEventListener("pointercancel", function (event) { if (drag && event.pointerId === drag.id) settle(false); });
  doc.addEventListener("dragstart", function (event) { if (boardOf(event.target)) event.preventDefault(); });
  // a drag that began on a link must not follow it
  doc.addEventListener("click", function (event) {
    if (doc.documentElement.classList.contains("board-dropped")) { event.preventDefault(); event.stopPropagation(); }
  }, true);

  function lift() {
    var box = drag.card.getBoundingClientRect();
    drag.dx = drag.x - box.left;
    drag.dy = drag.y - box.top;
    drag.ghost = drag.card.cloneNode(true);
    drag.ghost.removeAttribute("id");
    drag.ghost.classList.add("board-ghost");
    drag.ghost.setAttribute("aria-hidden", "true");
    drag.gap = doc.createElement("li");
    drag.gap.className = "board-gap";
    drag.gap.setAttribute("aria-hidden", "true");
    drag.card.classList.add("board-lifted");
    doc.body.appendChild(drag.ghost);
    doc.documentElement.classList.add("board-moving");
    try { doc.documentElement.setPointerCapture(drag.id); } catch (_gone) { /* the pointer was let go */ }
    say(drag.board, drag.card.getAttribute("data-name"), "data-says");
  }
  function follow(x, y) {
    drag.ghost.style.setProperty("left", x - drag.dx + "px");
    drag.ghost.style.setProperty("top", y - drag.dy + "px");
    var scroll = drag.board.parentElement;
    var edges = scroll.getBoundingClientRect();
    if (x > edges.right - 40) scroll.scrollLeft += 14;
    if (x < edges.left + 40) scroll.scrollLeft -= 14;
    if (y > window.innerHeight - 60) window.scrollBy(0, 12);
    if (y < 60) window.scrollBy(0, -12);
    var column = null;
    Array.prototype.forEach.call(drag.board.children, function (one) {
      var box = one.getBoundingClientRect();
      if (x >= box.left && x <= box.right) column = one;
    });
    if (!column) return;
    var list = column.querySelector("[data-cards]");
    var before = null;
    Array.prototype.some.call(cardsOf(column), function (one) {
      var box = one.getBoundingClientRect();
      if (y < box.top + box.height / 2) { before = one; return true; }
      return false;
    });
    list.insertBefore(drag.gap, before || list.querySelector(".board-more"));
    drag.column = column;
  }
  function settle(dropped) {
    var done = drag;
    drag = null;
    if (!done.ghost) return;
    var gap = done.gap;
    var column = done.column;
    var before = gap.nextElementSibling, after = gap.previousElementSibling;
    while (before && (!before.hasAttribute("data-card") || before === done.card)) before = before.nextElementSibling;
    while (after && (!after.hasAttribute("data-card") || after === done.card)) after = after.previousElementSibling;
    var stayed = gap.nextElementSibling === done.card || gap.previousElementSibling === done.card;
    gap.remove();
    done.ghost.remove();
    done.card.classList.remove("board-lifted");
    doc.documentElement.classList.remove("board-moving");
    doc.documentElement.classList.add("board-dropped");
    setTimeout(function () { doc.documentElement.classList.remove("board-dropped"); }, 0);
    if (dropped && column && !stayed) move(done.board, done.card, column, after ? { after: after } : before ? { before: before } : {});
  }
})();

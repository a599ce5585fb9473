// Queues by keyboard: j and k move from item to item, x ticks the one that is in focus. Works on whatever is drawn.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
  const items = [...document.querySelectorAll("[data-queue] [data-queue-item]")];
  if (!items.length || !["j", "k", "x"].includes(event.key)) return;
  const row = document.activeElement?.closest("[data-queue] .row");
  const here = items.findIndex((item) => row?.contains(item));
  if (event.key === "x") {
    row?.querySelector("input[type=checkbox]")?.click();
  } else {
    items[Math.min(Math.max(here + (event.key === "j" ? 1 : -1), 0), items.length - 1)].focus();
  }
  event.preventDefault();
});

/* The command centre: says when the server is not heard of, and keeps what was unfolded through each redraw. */
(() => {
  const lost = document.querySelector("[data-command-lost]");
  const live = (event) => event.detail.target?.id === "live" || event.detail.elt?.id === "live";
  const unfolded = new Set();

  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.body.addEventListener(name, (event) => {
      if (live(event) && lost) lost.hidden = false;
    });
  }
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (!live(event)) return;
    if (lost) lost.hidden = true;
    unfolded.clear();
    for (const one of document.querySelectorAll("#live details[data-keep][open]")) unfolded.add(one.dataset.keep);
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    for (const name of unfolded) {
      const one = document.querySelector(`#live details[data-keep="${name}"]`);
      if (one) one.open = true;
    }
  });
})();

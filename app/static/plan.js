// Booths on a plan: dragged by pointer, moved by the arrow keys. Where one lands is sent as the same form as the fields.
(function () {
  if (window.floorPlan) return;
  window.floorPlan = true;
  let drag = null;
  let later = null;

  function put(booth, x, y) {
    const svg = booth.ownerSVGElement;
    const height = Number(svg.dataset.height);
    x = Math.round(Math.min(Math.max(x, 0), 1000));
    y = Math.round(Math.min(Math.max(y, 0), 1000));
    booth.dataset.x = x;
    booth.dataset.y = y;
    const top = (y * height) / 1000;
    booth.querySelector("rect").setAttribute("x", x - 12);
    booth.querySelector("rect").setAttribute("y", top - 8);
    booth.querySelector("text").setAttribute("x", x);
    booth.querySelector("text").setAttribute("y", top + 3);
  }
  function send(booth) {
    const svg = booth.ownerSVGElement;
    const values = { plan: svg.dataset.plan, x: booth.dataset.x, y: booth.dataset.y };
    const token = document.querySelector("input[name=_csrf]");
    if (token) values._csrf = token.value;
    window.htmx.ajax("POST", svg.dataset.place + booth.dataset.booth + "/place", { source: booth, target: booth, swap: "none", values }).then(() => {
      const place = document.getElementById("announcer");
      const ground = document.getElementById("ground");
      if (place && ground) place.textContent = ground.dataset.moved;
    });
  }
  function point(svg, event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [at.x, (at.y * 1000) / Number(svg.dataset.height)];
  }
  document.addEventListener("pointerdown", (event) => {
    const booth = event.target.closest("[data-booth]");
    if (!booth || event.button !== 0) return;
    drag = { booth, moved: false };
    booth.setPointerCapture(event.pointerId);
    booth.classList.add("is-dragged");
    event.preventDefault();
    booth.focus();
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.moved = true;
    const [x, y] = point(drag.booth.ownerSVGElement, event);
    put(drag.booth, x, y);
  });
  function release() {
    if (!drag) return;
    drag.booth.classList.remove("is-dragged");
    if (drag.moved) send(drag.booth);
    drag = null;
  }
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);
  document.addEventListener("keydown", (event) => {
    const booth = event.target.closest && event.target.closest("[data-booth]");
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!booth || !step) return;
    event.preventDefault();
    const size = event.shiftKey ? 25 : 5;
    put(booth, Number(booth.dataset.x) + step[0] * size, Number(booth.dataset.y) + step[1] * size);
    clearTimeout(later);
    later = setTimeout(() => send(booth), 400);
  });
})();

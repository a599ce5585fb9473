// Shows the questions of an event's form that are asked: those of the chosen ticket, and those whose condition holds.
// A hidden question sends nothing; what was typed into it comes back with it. The server decides by itself.
(() => {
  const given = (form, name) => {
    const found = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)].filter((field) => !field.closest("[hidden]"));
    return found.flatMap((field) => {
      if (field.type === "checkbox" || field.type === "radio") return field.checked ? [field.value] : [];
      return field.value ? [field.value] : [];
    });
  };
  const look = (form) => {
    for (const box of form.querySelectorAll("[data-question]")) {
      const types = (box.dataset.types || "").split(" ").filter(Boolean);
      const ticket = box.dataset.ticket ? [box.dataset.ticket] : given(form, "ticket_type");
      const forTicket = !types.length || ticket.some((code) => types.includes(code));
      const answers = box.dataset.if ? given(form, box.dataset.if) : [];
      const holds = !box.dataset.if || answers.some((answer) => box.dataset.is.split(" ").includes(answer));
      box.hidden = !(forTicket && holds);
      for (const field of box.querySelectorAll("input, select, textarea")) field.disabled = box.hidden;
    }
  };
  const start = () => document.querySelectorAll("form:has([data-question])").forEach(look);
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form");
    if (form?.querySelector("[data-question]")) look(form);
  });
  document.addEventListener("htmx:load", start);
  start();
})();

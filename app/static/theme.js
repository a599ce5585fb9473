// Runs before the first paint: says that scripts work and puts the chosen theme on. Nothing else belongs here.
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  try {
    var chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") root.setAttribute("data-theme", chosen);
  } catch (_refused) { /* storage is off: the system's theme stays */ }
})();

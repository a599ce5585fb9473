// Beside a field for a file: a preview of the picture that was chosen, and a word at once where it is too large.
// Without this the form says the same after it was sent.
(function () {
  "use strict";
  if (window.fileFields) return;
  window.fileFields = true;
  document.addEventListener("change", function (event) {
    var input = event.target;
    var field = input.matches && input.matches("input[type=file]") && input.closest("[data-file-field]");
    if (!field) return;
    var file = input.files[0];
    var large = Boolean(file) && file.size > Number(input.getAttribute("data-most-bytes"));
    input.setCustomValidity(large ? input.getAttribute("data-too-large") : "");
    if (large) input.reportValidity();
    var place = field.querySelector("[data-file-picture]");
    if (!place || !file || large || !/^image\/(png|jpeg|webp|gif)$/.test(file.type)) return;
    var picture = new Image(96, 96);
    picture.alt = file.name;
    picture.onload = function () { URL.revokeObjectURL(picture.src); };
    picture.src = URL.createObjectURL(file);
    place.replaceChildren(picture);
    var remove = field.querySelector("input[type=checkbox]");
    if (remove) remove.checked = false;
  });
})();

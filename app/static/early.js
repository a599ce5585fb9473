// Runs before the first paint: says that scripts work, so that what needs them is there from the start.
document.documentElement.classList.add("js");

// Runs before the first paint, apart from the bundle: the content policy forbids inline scripts.
(function () {
  var root = document.documentElement;
  var stored = {};
  try {
    stored = JSON.parse(localStorage.getItem("islandflow.look") || "{}") || {};
  } catch {
    // Storage may be refused or hold something foreign; the dark theme needs neither.
  }
  var light =
    stored.theme === "light" ||
    (stored.theme === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  root.dataset.theme = light ? "light" : "dark";
  root.dataset.colours = stored.colours === "safe" ? "safe" : "standard";
  root.dataset.density = stored.density || "normal";
})();

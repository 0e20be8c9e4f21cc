// Light or dark, before anything is painted. The choice is a cookie, so that the server knows it as well.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const device = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const dark = root.dataset.theme === "dark" || (root.dataset.theme !== "light" && device.matches);
    root.dataset.bsTheme = dark ? "dark" : "light";
  };
  device.addEventListener("change", apply);
  root.addEventListener("theme", apply);
  apply();
})();

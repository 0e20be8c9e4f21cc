// Ticks of a list outlive its pages, filters and order: kept in this tab until they are used or cleared.
{
  const boxes = () => [...document.querySelectorAll("[form=many][name=key]")];
  const slot = (form) => page.split("@")[0] + form.action; // whoever it was made for, whenever
  const ticked = (form) => new Set(JSON.parse(sessionStorage.getItem(slot(form)) ?? "[]"));
  const keep = (form, keys) => sessionStorage.setItem(slot(form), JSON.stringify([...keys]));

  const show = () => {
    const form = byId("many");
    const all = byId("many-all");
    if (!form || !all) return "";
    const keys = ticked(form);
    const here = boxes();
    for (const box of here) box.checked = keys.has(box.value);
    const count = here.filter((box) => box.checked).length;
    all.checked = count > 0 && count === here.length;
    all.indeterminate = count > 0 && count < here.length;
    form.classList.toggle("has-some", keys.size > 0);
    const text = form.dataset[keys.size > count ? "beyond" : "some"].replace("{0}", keys.size).replace("{1}", keys.size - count);
    form.querySelector("span").textContent = text;
    return text;
  };
  const tick = (keys, on) => {
    const form = byId("many");
    const found = ticked(form);
    for (const key of keys) found[on ? "add" : "delete"](key);
    keep(form, found);
    announce(show());
  };

  // All that match, also on other pages.
  const tickAll = async ({ form, value }) => {
    const answer = await fetch(`${form.action.replace(/many$/, "keys")}?${value}`).catch(() => 0);
    if (!answer.ok || answer.redirected) return void lineAt(line.dataset.lost);
    tick((await answer.text()).split("\n"), true);
  };

  let last = ""; // with Shift, all between it and this one
  const tickOne = ({ value, checked }, isRange) => {
    const here = boxes().map((box) => box.value);
    const [from, to] = [here.indexOf(last), here.indexOf(value)].sort((a, b) => a - b);
    tick(isRange && from >= 0 ? here.slice(from, to + 1) : [value], checked);
    last = value;
  };

  document.addEventListener("click", (event) => {
    const { target, shiftKey } = event;
    if (target.id === "many-all") return tick(boxes().map((box) => box.value), target.checked);
    if (target.form?.id !== "many") return;
    if (target.name === "key") tickOne(target, shiftKey);
    if (target.name === "none") tick(ticked(target.form), false);
    if (target.name !== "all") return;
    event.preventDefault();
    tickAll(target);
  });

  // Sent as one text, however many they are.
  document.addEventListener("formdata", ({ target, formData }) => {
    if (target.id !== "many") return;
    formData.delete("key");
    formData.set("keys", [...ticked(target)].join("\n"));
  });

  // The page of what is chosen: that is what the list has ticked, until something is asked for.
  const chosen = document.querySelector("form[data-chosen]");
  if (chosen) {
    keep(chosen, chosen.elements.keys.value.split(/[\r\n]+/));
    chosen.addEventListener("submit", () => sessionStorage.removeItem(slot(chosen)));
  }

  document.addEventListener("htmx:after:swap", show);
  addEventListener("pageshow", show);
}

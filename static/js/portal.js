// The few things that HTML, CSS and htmx don't do by themselves. Every page works without this file.

const byId = (id) => document.getElementById(id);
const announce = (text) => { byId("announce").textContent = text; };

// --- menus: a popover opens below its button, or above it where there is no room, and stays there -------------------

let rowButton = null; // what has opened the menu that all rows of a list share
const buttonOf = (menu) => menu.id === "row-menu" ? rowButton : document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
const place = (menu) => {
  const button = buttonOf(menu);
  if (!button || !menu.matches(":popover-open")) return;
  if (!button.isConnected) return void menu.hidePopover();
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const room = { x: document.documentElement.clientWidth - width - 8, y: innerHeight - height - 8 };
  const left = menu.matches(".menu-end") ? at.right - width : at.left;
  const top = at.bottom + 4 > room.y ? Math.max(8, at.top - height - 4) : at.bottom + 4;
  menu.style.left = `${Math.max(8, Math.min(left, room.x))}px`;
  menu.style.top = `${top}px`;
};
const placeOpen = () => document.querySelectorAll(".menu:popover-open").forEach(place);
document.addEventListener("beforetoggle", ({ newState, target }) => {
  if (newState === "open" && target.matches(".menu")) requestAnimationFrame(() => place(target));
}, true);
document.addEventListener("htmx:after:swap", placeOpen);
document.addEventListener("scroll", placeOpen, { capture: true, passive: true });
addEventListener("resize", placeOpen);

// The rows' menu is filled when it is opened; while it is open at another row, a click opens it here.
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[popovertarget=row-menu]");
  const menu = byId("row-menu");
  if (!button) return;
  if (button !== rowButton && menu.matches(":popover-open")) menu.hidePopover();
  rowButton = button;
  if (menu.matches(":popover-open")) return;
  menu.replaceChildren();
  const record = button.closest("tr").querySelector("th a").href;
  htmx.ajax("GET", `${record}-/menu`, { source: menu, target: menu, swap: "innerHTML" });
}, true);

// Arrow keys move from its button into an open menu, within a menu, and within the results of the jump field.
document.addEventListener("keydown", (event) => {
  const menu = event.key === "ArrowDown" && byId(event.target.getAttribute("popovertarget"));
  if (!menu || !menu.matches(".menu:popover-open")) return;
  const enter = () => menu.querySelector("a, button, input")?.focus();
  if (menu.hasChildNodes()) enter();
  else menu.addEventListener("htmx:after:swap", enter, { once: true });
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  const list = event.target.closest(".menu, .jump");
  if (!list || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  if (event.target.matches("select, textarea, input:not(#jump, [type=checkbox])")) return;
  const stops = [...list.querySelectorAll("#jump, a, button, input:not(#jump)")].filter((stop) => stop.checkVisibility());
  const step = event.key === "ArrowDown" ? 1 : -1;
  stops.at((stops.indexOf(event.target) + step) % stops.length)?.focus();
  event.preventDefault();
});

// --- Ctrl+K or "/" leads to the jump field, Escape back -------------------------------------------------------------

let before = null;
document.addEventListener("keydown", (event) => {
  const field = byId("jump");
  if (!field) return;
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const wanted = (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) ||
    (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey);
  if (wanted) {
    if (document.activeElement !== field) before = document.activeElement;
    field.focus();
    field.select();
    event.preventDefault();
  } else if (event.key === "Escape" && event.target.closest(".jump")) {
    byId("jump-results").replaceChildren();
    (before?.isConnected && before !== document.body ? before : byId("main")).focus();
  }
});

// Enter on a tick box ticks: it would press the first button of its form.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("input[type=checkbox], input[type=radio]")) return;
  event.preventDefault();
  event.target.click();
});

// --- what came before htmx listened -----------------------------------------------------------------------------------

// What was typed is told again, as nothing has followed it. A step within the history has moved the address, and not the
// page. htmx begins to listen by a timer that it has set before this one.
const early = new Set();
const note = ({ target }) => early.add(target);
document.addEventListener("input", note);
setTimeout(() => {
  document.removeEventListener("input", note);
  for (const field of early) field.dispatchEvent(new Event("input", { bubbles: true }));
  const [loaded] = performance.getEntriesByType("navigation");
  const bare = (address) => address.split("#")[0];
  if (loaded?.name && bare(loaded.name) !== bare(location.href)) location.reload();
});

// --- light and dark without a round trip ----------------------------------------------------------------------------

const markTheme = () => {
  const theme = document.documentElement.dataset.theme;
  for (const button of document.querySelectorAll("[data-theme-form] button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
};
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-form]") || !event.submitter) return;
  event.preventDefault();
  const [name, secure] = location.protocol === "https:" ? ["__Host-theme", "; secure"] : ["theme", ""];
  document.cookie = `${name}=${event.submitter.value}; path=/; max-age=31536000; samesite=lax${secure}`;
  document.documentElement.dataset.theme = event.submitter.value;
  document.documentElement.dispatchEvent(new Event("theme"));
  markTheme();
});

// --- questions before something is done: data-confirm on the button, data-confirm-yes what its button says ----------

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-confirm]");
  if (!button || button.dataset.confirmed) return;
  event.preventDefault();
  event.stopPropagation();
  const dialog = byId("confirm");
  const yes = dialog.querySelector("[value=yes]");
  byId("confirm-text").textContent = button.dataset.confirm;
  yes.textContent = button.dataset.confirmYes || button.textContent.trim();
  button.closest("[popover]")?.hidePopover();
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => { dialog.addEventListener("close", resolve, { once: true }); });
  if (dialog.returnValue !== "yes") return;
  button.dataset.confirmed = "yes";
  button.click();
  delete button.dataset.confirmed;
}, true);

// --- one click copies ------------------------------------------------------------------------------------------------

const drawn = (button, name) => { // another icon of the same file
  const use = button.querySelector("use");
  use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
};
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    announce(button.dataset.copied);
    drawn(button, "check");
    setTimeout(() => drawn(button, "copy"), 1500);
  } catch {
    const range = document.createRange();
    range.selectNodeContents(button.previousElementSibling);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }
});

// --- countdowns: data-left says how many seconds were left when the server wrote it -----------------------------------

const ends = new WeakMap();
const two = (number) => String(number).padStart(2, "0");
setInterval(() => {
  for (const shown of document.querySelectorAll("[data-left]")) {
    const { left: said } = shown.dataset;
    if (ends.get(shown)?.said !== said) ends.set(shown, { said, at: Date.now() + said * 1000 });
    const left = Math.max(0, Math.ceil((ends.get(shown).at - Date.now()) / 1000));
    const hours = Math.floor(left / 3600);
    shown.textContent = `${hours ? `${hours}:` : ""}${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
    if (left) continue;
    shown.removeAttribute("data-left");
    document.querySelector("main .fresh")?.requestSubmit();
  }
}, 1000);

// --- installations: data-passed says how many seconds had passed when the server wrote it, data-usual how many it takes

const FULLEST = 0.95; // of a bar, before the platform has said that it is ready
const SECONDS = 90; // from here on minutes are told, which the server does
const begun = new WeakMap();
setInterval(() => {
  for (const shown of document.querySelectorAll("[data-passed]")) {
    const { passed: said } = shown.dataset;
    if (begun.get(shown)?.said !== said) begun.set(shown, { said, at: Date.now() - said * 1000 });
    const passed = Math.round((Date.now() - begun.get(shown).at) / 1000);
    if (passed < SECONDS) shown.textContent = shown.textContent.replace(/\d+/, passed);
    const bar = shown.parentElement.querySelector("progress");
    if (bar) bar.value = Math.min(passed / bar.dataset.usual, FULLEST);
  }
}, 1000);

// --- parts: quiet in hidden tabs, less often where nothing comes, what changed is said, a lost connection is shown ----

const isPoll = (ctx) => ctx.sourceEvent?.type === "every";
const CALM = 15_000; // milliseconds without news, and without a hand on the page
const PAUSE = 1_900; // then between two questions: each second tick of a second's clock
let stirred = performance.now();
const asked = new WeakMap(); // element -> when it last asked
const stir = () => { stirred = performance.now(); };
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, stir, { capture: true, passive: true });
const isEarly = (live) => {
  const now = performance.now();
  if (now - stirred > CALM && now - (asked.get(live) ?? 0) < PAUSE) return true;
  asked.set(live, now);
  return false;
};
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (isPoll(ctx) && (document.hidden || isEarly(ctx.sourceElement))) event.preventDefault();
});
document.addEventListener("htmx:before:response", ({ detail: { ctx } }) => {
  if (isPoll(ctx) && ctx.response.headers.has("HX-PTag")) stir();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  stir();
  for (const live of document.querySelectorAll("[data-live]")) live.dispatchEvent(new CustomEvent("every"));
});

let said = "";
document.addEventListener("htmx:after:swap", () => {
  const text = document.querySelector("[data-announce]")?.dataset.announce ?? "";
  if (text && text !== said) announce(text);
  said = text;
  markTheme();
});

// --- whose page it is goes along with what it asks; what answers and is no part leads the whole page on (HX-Redirect) --

const { page } = document.body.dataset;
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (page) ctx.request.headers["Portal-Page"] = page;
});
document.addEventListener("formdata", ({ target, formData }) => {
  if (page && target.method === "post") formData.set("portal-page", page);
});

// A page that is being left is not led elsewhere by an answer that comes meanwhile: the view that it showed, say, has just
// been ended by the button that leaves it. The time is for what turns out to be a download, and leaves nothing.
const LEAVING = 30_000; // milliseconds
let left = -LEAVING;
addEventListener("beforeunload", () => { left = performance.now(); });
document.addEventListener("htmx:before:response", (event) => {
  const leads = event.detail.ctx.response.headers.get("HX-Redirect");
  if (leads && performance.now() - left < LEAVING) event.preventDefault();
});

const line = byId("offline");
const lineAt = (text) => {
  line.querySelector("span").textContent = text;
  line.querySelector("a").href = location.href;
  line.hidden = !text;
};
const AWAY = [502, 503, 504]; // what stands before the portal answers for it
document.addEventListener("htmx:error", (event) => { if (event.detail.ctx) lineAt(line.dataset.lost); });
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const { status, headers } = ctx.response;
  if (headers.get("HX-Redirect") || (status >= 410 && status < 500)) return;
  if (AWAY.includes(status)) lineAt(line.dataset.lost);
  else lineAt(line.dataset[isPoll(ctx) ? "broken" : "error"]);
});
document.addEventListener("htmx:before:response", (event) => { if (event.detail.ctx.response.status < 400) lineAt(""); });

// --- the focus is never lost: where its place is gone, the heading has it ---------------------------------------------

const focusHeading = () => {
  const heading = document.querySelector("main h1") ?? byId("main");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
};
let held = null;
document.addEventListener("htmx:before:swap", () => { held = document.activeElement; });
document.addEventListener("htmx:after:swap", () => {
  if (held !== document.body && document.activeElement === document.body) focusHeading();
});
// A page that follows on a form that was sent.
const SENT = "sent";
const hasPlace = location.hash || document.querySelector("main :is([autofocus], [data-focus])");
if (sessionStorage.getItem(SENT) && !hasPlace) focusHeading();
sessionStorage.removeItem(SENT);
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented && event.target.method === "post") sessionStorage.setItem(SENT, "yes");
});

said = document.querySelector("[data-announce]")?.dataset.announce ?? "";
markTheme();

// Forms: leaving with changes asks, a problem is where the eye begins, a button is not pressed twice. All optional.

const guarded = document.querySelector("form[data-guard]");
const typed = (form) => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "suggested"));

if (guarded) {
  let opened = typed(guarded);
  let leaving = false;
  // A suggestion that is swapped in is no change by the person.
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.target.id === "suggested") opened = typed(guarded);
  });
  // A suggestion, or other choices, that come late do not take the place of what has been typed in the field meanwhile.
  document.addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
    const isLate = (name) => guarded.elements[name].value !== ctx.request.body.get(name);
    const fieldOf = ({ fragment }) => fragment?.querySelector("[data-while]")?.dataset.while;
    for (const late of tasks.filter((task) => fieldOf(task) && isLate(fieldOf(task)))) {
      tasks.splice(tasks.indexOf(late), 1);
    }
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && typed(guarded) !== opened) event.preventDefault();
  });
  // What is followed after the form was sent would be kept as if it had not been.
  document.addEventListener("htmx:before:request", (event) => { if (leaving) event.preventDefault(); });
  guarded.addEventListener("submit", (event) => {
    if (event.submitter?.name === "preview") return;
    leaving = true;
    // Only after the browser has taken the form's values.
    setTimeout(() => { for (const button of guarded.querySelectorAll("[type=submit]")) button.disabled = true; });
  });
  // What was typed is kept on the server (accounts.form_drafts); who cancels has no use for it.
  document.addEventListener("click", ({ target }) => {
    if (!target.closest("[data-leave]")) return;
    const { csrfmiddlewaretoken: token } = guarded.elements;
    navigator.sendBeacon(location.href, new URLSearchParams({ csrfmiddlewaretoken: token.value, preview: "1", draft: "drop" }));
  });
  // Led elsewhere (to signing in, say): the server has kept what the form sent. What else of the page asks waits for it.
  document.addEventListener("htmx:before:response", (event) => {
    const { request, response } = event.detail.ctx;
    if (!response.headers.get("HX-Redirect")) return;
    if (request.method === "POST") leaving = true;
    else if (typed(guarded) !== opened) event.preventDefault();
  });
  // Back from the next page: the form lives on.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    leaving = false;
    for (const button of guarded.querySelectorAll("[type=submit]")) button.disabled = false;
  });
}

document.querySelector("[data-focus]")?.focus();

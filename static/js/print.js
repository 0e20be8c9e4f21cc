/* The document for printing: asks the browser to print it, and offers that again. */
"use strict";

const button = document.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => window.print());
window.addEventListener("load", () => window.print());

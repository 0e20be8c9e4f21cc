// Says next to the button when a passkey could not be used; allauth would only write to the console.

const problem = document.getElementById("passkey-problem");
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  problem.textContent = problem.dataset.problem;
  problem.hidden = false;
});

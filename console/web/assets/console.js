// What makes the pages handier. Everything works without it.
document.addEventListener("click", (event) => {
  const field = event.target.closest?.("[data-copy]");
  if (field) {
    field.select();
    navigator.clipboard?.writeText(field.value);
  }
});
// Forms that do something grave ask first.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset?.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

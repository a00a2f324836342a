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
// Following the audit log: new rows come to the top of the table.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-tail]");
  if (!button) return;
  const state = document.getElementById("tail-state");
  if (button.stream) {
    button.stream.close();
    button.stream = null;
    button.setAttribute("aria-pressed", "false");
    state.textContent = "";
    return;
  }
  const records = document.getElementById("records");
  if (!records) { location.reload(); return; }
  button.stream = new EventSource(button.dataset.tail);
  button.setAttribute("aria-pressed", "true");
  button.stream.onopen = () => { state.textContent = "New records appear as they are written."; };
  button.stream.onerror = () => { state.textContent = "The connection was lost; it is tried again."; };
  button.stream.onmessage = (message) => {
    const template = document.createElement("template");
    template.innerHTML = message.data;
    records.prepend(template.content);
  };
});

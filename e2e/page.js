// What the tests do in the page. Evaluated once per page; everything hangs on window.person.
(() => {
  if (window.person) {
    return;
  }
  const root = () => document.querySelector("hanko-auth")?.shadowRoot ?? document;

  // Whether somebody could see the element. A form that waits for the server is disabled, and is not ready to be used.
  const visible = (element) => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return box.width > 0 && box.height > 0 && style.visibility !== "hidden" && style.display !== "none";
  };
  const usable = (element) => visible(element) && !element.disabled && !element.closest("fieldset[disabled]");
  const label = (element) => (element.innerText || "").replace(/\s+/g, " ").trim();

  // Where to click: only once the element has stopped moving, and nothing covers it.
  const spot = async (element) => {
    if (!element || !usable(element)) {
      return null;
    }
    element.scrollIntoView({ block: "center", behavior: "instant" });
    const before = element.getBoundingClientRect();
    await new Promise((done) => setTimeout(done, 30));
    const after = element.getBoundingClientRect();
    if (!element.isConnected || !usable(element) || before.x !== after.x || before.y !== after.y) {
      return null;
    }
    const x = after.x + after.width / 2;
    const y = after.y + after.height / 2;
    const top = element.getRootNode().elementFromPoint(x, y);
    return top && (top === element || element.contains(top) || top.contains(element)) ? { x, y } : null;
  };

  const input = (text) => [...root().querySelectorAll("input")].find((i) => usable(i) && i.placeholder === text);
  const boxes = () => [...root().querySelectorAll('[part~="passcode-input"]')].filter(usable);
  const button = (text) => [...root().querySelectorAll("button"), ...document.querySelectorAll("button")]
    .find((b) => usable(b) && label(b) === text);

  window.person = {
    input: (text) => spot(input(text)),
    button: (text) => spot(button(text)),
    box: (text) => spot([...root().querySelectorAll("label")].find((l) => visible(l) && label(l) === text)),
    // Typed text of an input.
    value: (text) => input(text)?.value ?? null,
    // The first of the boxes of a code, once all are there and empty.
    boxes: () => (boxes().length === 6 && boxes().every((box) => box.value === "") ? spot(boxes()[0]) : null),
    // All that can be read, and nothing of what is hidden.
    text: () => [...root().querySelectorAll("h1, h2, p, span, button, label")]
      .filter(visible).map(label).filter(Boolean).join("\n"),
    headline: () => label([...root().querySelectorAll('[part~="headline1"]')].find(visible) ?? document.createElement("i")),
    errors: () => [...root().querySelectorAll('[part~="error-text"]')].filter(visible).map(label).filter(Boolean),
  };
})();

// What the tests do in the page. Evaluated once per page; everything hangs on window.person.
(() => {
  if (window.person) {
    return;
  }
  const elements = "hanko-auth, hanko-login, hanko-registration, hanko-profile";
  const root = () => [...document.querySelectorAll(elements)].find(visible)?.shadowRoot ?? document;

  // Whether somebody could see the element: what is folded away has no opacity. A form that waits for the server is disabled, and is not
  // ready to be used.
  const visible = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  const usable = (element) => visible(element) && !element.disabled && !element.closest("fieldset[disabled]");
  const label = (element) => (element.innerText || "").replace(/\s+/g, " ").trim();

  // Where to click: only once nothing unfolds any more, the element has stopped moving, and nothing covers it.
  const spot = async (element) => {
    if (!element || !usable(element) || root().getAnimations().some((a) => a instanceof CSSTransition)) {
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

  const labels = () => [...root().querySelectorAll("label")].filter(visible);

  window.person = {
    input: (text) => spot(input(text)),
    button: (text) => spot(button(text)),
    // A box to tick, or an entry to unfold. The latter may go on with something that is not known beforehand.
    box: (text) => spot(labels().find((l) => label(l) === text)),
    boxLike: (beginning) => spot(labels().find((l) => label(l).startsWith(beginning))),
    labels: () => labels().map(label),
    // Typed text of an input.
    value: (text) => input(text)?.value ?? null,
    // The first of the boxes of a code, once all are there and empty.
    boxes: () => (boxes().length === 6 && boxes().every((box) => box.value === "") ? spot(boxes()[0]) : null),
    lastBox: () => spot(boxes().at(-1)),
    // All that can be read, and nothing of what is hidden.
    text: () => [...root().querySelectorAll("h1, h2, p, span, button, label")]
      .filter(visible).map(label).filter(Boolean).join("\n"),
    headline: () => label([...root().querySelectorAll('[part~="headline1"]')].find(visible) ?? document.createElement("i")),
    errors: () => [...root().querySelectorAll('[part~="error-text"], .hanko_errorMessage')].filter(visible).map(label).filter(Boolean),
    // The secret of an authenticator app, once the picture that holds it, too, is drawn.
    secret: () => {
      const details = root().querySelector(".hanko_otpCreationDetails");
      return details?.querySelector("img")?.naturalWidth > 0 ? label(details.lastElementChild) : null;
    },
  };
})();

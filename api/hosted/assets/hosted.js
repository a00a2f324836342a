// The hosted sign-in page and account: hanko-elements against the tenant that serves the page.
import { register } from "./hanko-elements.js";
import { all } from "./hanko-elements-i18n.js";

const page = document.body.dataset;
const api = location.origin + page.base;
const { hanko } = await register(api, {
  translations: all, fallbackLanguage: "en", cookieName: page.cookie, storageKey: page.storage, sessionCheckInterval: 5000,
});

function place(name) {
  const component = document.createElement(name);
  component.setAttribute("lang", page.lang);
  document.getElementById("place").replaceChildren(component);
}

// The server checked where it may go to.
const onwards = () => location.replace(page.returnTo || page.profile);
const { is_valid } = await hanko.validateSession();

if (page.kind === "sign-in" && is_valid) {
  onwards();
} else if (page.kind === "sign-in") {
  hanko.onSessionCreated(onwards);
  page.state = "signed-out";
  place(page.element);
} else if (!is_valid) {
  location.replace(page.signIn);
} else {
  // Whoever comes from a company's portal has a hint in the address. With it, every element begins such a sign-in: it has had its day.
  const here = new URL(location);
  here.searchParams.delete("saml_hint");
  history.replaceState(null, "", here);
  const leave = () => location.replace(page.signIn);
  hanko.onSessionExpired(leave);
  hanko.onUserLoggedOut(leave);
  hanko.onUserDeleted(leave);
  const button = document.getElementById("sign-out");
  button.addEventListener("click", () => hanko.logout());
  button.hidden = false;
  page.state = "signed-in";
  place(page.element);
}

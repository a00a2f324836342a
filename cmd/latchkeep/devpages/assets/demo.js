// The demo page: what an app does with hanko-elements, and nothing more.
import { register } from "./elements/hanko-elements.js";
import { all } from "./elements/hanko-elements-i18n.js";

const names = {
  en: "English", de: "Deutsch", fr: "Français", it: "Italiano", nl: "Nederlands",
  ptBR: "Português (Brasil)", zh: "简体中文", bn: "বাংলা",
};
const methods = { pwd: "password", otp: "e-mail code", passkey: "passkey", totp: "authenticator app", security_key: "security key" };
const element = (id) => document.getElementById(id);
const api = document.body.dataset.api;
const query = new URLSearchParams(location.search);
const language = names[query.get("lang")] ? query.get("lang") : "en";

for (const [code, name] of Object.entries(names)) {
  element("language").add(new Option(name, code, code === language, code === language));
}
element("language").addEventListener("change", (event) => {
  query.set("lang", event.target.value);
  location.search = query.toString();
});

// A session that is ended elsewhere is noticed within seconds; the client's own default is half a minute.
const { hanko } = await register(api, { translations: all, fallbackLanguage: "en", sessionCheckInterval: 5000 });
window.hanko = hanko; // for the curious, in the browser's console

// Each component begins its flow when it is put on the page, and the profile shows an error to who is not signed in: so only that is there
// which fits.
function place(parent, name) {
  const component = document.createElement(name);
  component.setAttribute("lang", language);
  element(parent).replaceChildren(component);
}

let signedIn = false;

// Whoever comes from a company's portal has a hint in the address. With it, every component begins such a sign-in: it has had its day.
function dropHint() {
  const here = new URL(location);
  here.searchParams.delete("saml_hint");
  history.replaceState(null, "", here);
}

async function show() {
  const { is_valid, claims } = await hanko.validateSession();
  signedIn = is_valid;
  element("signed-out").hidden = signedIn;
  element("signed-in").hidden = !signedIn;
  document.body.dataset.state = signedIn ? "signed-in" : "signed-out";
  if (!signedIn) {
    place("form", "hanko-auth");
    return;
  }
  dropHint();
  const name = claims.email?.address ?? claims.username ?? "somebody";
  element("user-email").textContent = name;
  element("user-initial").textContent = [...name][0];
  element("user-id").textContent = claims.subject;
  element("session-until").textContent = new Date(claims.expiration).toLocaleString();
  element("session-amr").textContent = (claims.amr ?? []).map((m) => methods[m] ?? m).join(", ");
  element("claims").textContent = JSON.stringify(claims, null, 2);
  place("account", "hanko-profile");
}

element("events").addEventListener("onSessionCreated", show);
// The client may tell of the same end twice, also when somebody begins to sign in again.
for (const ended of ["onSessionExpired", "onUserLoggedOut", "onUserDeleted"]) {
  element("events").addEventListener(ended, () => signedIn && location.reload());
}
element("sign-out").addEventListener("click", () => hanko.logout());
await show();

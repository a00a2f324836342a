// The demo page: what an app does with hanko-elements, and nothing more.
import { register } from "./vendor/hanko-elements.js";
import { all } from "./vendor/hanko-elements-i18n.js";

const names = {
  en: "English", de: "Deutsch", fr: "Français", it: "Italiano", nl: "Nederlands",
  ptBR: "Português (Brasil)", zh: "简体中文", bn: "বাংলা",
};
const methods = { pwd: "password", otp: "e-mail code", passkey: "passkey", totp: "authenticator app", security_key: "security key" };
const element = (id) => document.getElementById(id);
const api = document.body.dataset.api;
const query = new URLSearchParams(location.search);
const language = names[query.get("lang")] ? query.get("lang") : "en";

element("auth").setAttribute("lang", language);
for (const [code, name] of Object.entries(names)) {
  element("language").add(new Option(name, code, code === language, code === language));
}
element("language").addEventListener("change", (event) => {
  query.set("lang", event.target.value);
  location.search = query.toString();
});

const { hanko } = await register(api, { translations: all, fallbackLanguage: "en" });
window.hanko = hanko; // for the curious, in the browser's console

async function show() {
  const { is_valid: signedIn, claims } = await hanko.validateSession();
  element("signed-out").hidden = signedIn;
  element("signed-in").hidden = !signedIn;
  document.body.dataset.state = signedIn ? "signed-in" : "signed-out";
  if (!signedIn) {
    return;
  }
  const name = claims.email?.address ?? claims.username ?? "somebody";
  element("user-email").textContent = name;
  element("user-initial").textContent = [...name][0];
  element("user-id").textContent = claims.subject;
  element("session-until").textContent = new Date(claims.expiration).toLocaleString();
  element("session-amr").textContent = (claims.amr ?? []).map((m) => methods[m] ?? m).join(", ");
  element("claims").textContent = JSON.stringify(claims, null, 2);
}

hanko.onSessionCreated(show);
hanko.onUserLoggedOut(() => location.reload());
element("sign-out").addEventListener("click", () => hanko.logout());
await show();

// Signing in, and the account page: hanko-elements against the operators' own tenant.
const place = document.getElementById("sign-in") ?? document.getElementById("profile");
const { register } = await import(place.dataset.elements);
const api = new URL(place.dataset.api, location.href).href;
const { hanko } = await register(api, { cookieName: "latchkeep_console", sessionCheckInterval: 5000, enablePasskeys: true });
if (place.id === "sign-in") {
  place.append(document.createElement("hanko-login")); // who is no operator yet joins by a link
  hanko.onSessionCreated(() => location.assign(place.dataset.to));
} else {
  place.append(document.createElement("hanko-profile"));
  hanko.onSessionExpired(() => location.reload());
  hanko.onUserDeleted(() => location.reload());
}

// Package authenticator is a WebAuthn authenticator in software, for tests: it answers options as a browser with a device would, or as a
// hostile client.
//
// An honest answer is a.Create(t, options) or a.Get(t, options), in the JSON that @github/webauthn-json sends. A dishonest one names its
// lies: a.Get(t, options, authenticator.FromOrigin("https://evil.example")). Lies that an attacker could tell before signing are signed;
// those that change an answer on its way are not.
package authenticator

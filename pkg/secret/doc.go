// Package secret seals bytes under the operator's secrets, derives keys from them, and makes the random tokens that
// callers of our APIs carry.
//
// A [Keyring] is made from the list of secrets in the settings: the first encrypts, every one decrypts, so a secret is
// replaced by putting a new one in front and removing the old one when nothing is sealed under it any more.
//
// The package never logs, never stores anything, never puts a secret or a plaintext into an error, and knows nothing of
// tenants: who owns a sealed text is said by the additional data (aad) the caller binds it to.
package secret

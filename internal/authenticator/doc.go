// Package authenticator is a WebAuthn authenticator in software, for tests: it answers options as a browser with a device would, or as a
// hostile client.
package authenticator

import (
	_ "github.com/descope/virtualwebauthn"
)

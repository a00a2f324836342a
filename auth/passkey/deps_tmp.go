package passkey

import (
	_ "github.com/go-webauthn/webauthn/webauthn"
)

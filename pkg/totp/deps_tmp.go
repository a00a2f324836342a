package totp

import (
	_ "image/png"

	_ "github.com/pquerna/otp/totp"
)

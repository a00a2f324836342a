package oauth

// Endpoints are where a built-in provider is spoken to. What a provider does not have is empty.
type Endpoints struct {
	Authorization, Token string
	// UserInfo tells who an access token is for, Emails the addresses where UserInfo does not.
	UserInfo, Emails string
	// Keys is the JWK set that id_tokens are verified with.
	Keys string
	// Discovery is the document that has the others.
	Discovery string
}

// BuiltInEndpoints are those of the built-in providers, by their ids. Spec: third-party §4.
func BuiltInEndpoints() map[string]Endpoints {
	return map[string]Endpoints{
		"apple": {
			Authorization: "https://appleid.apple.com/auth/authorize",
			Token:         "https://appleid.apple.com/auth/token",
			Keys:          "https://appleid.apple.com/auth/keys",
		},
		"discord": {
			Authorization: "https://discord.com/oauth2/authorize",
			Token:         "https://discord.com/api/oauth2/token",
			UserInfo:      "https://discord.com/api/users/@me",
		},
		"facebook": {
			Authorization: "https://www.facebook.com/v21.0/dialog/oauth",
			Token:         "https://graph.facebook.com/v21.0/oauth/access_token",
			UserInfo:      "https://graph.facebook.com/me",
		},
		"github": {
			Authorization: "https://github.com/login/oauth/authorize",
			Token:         "https://github.com/login/oauth/access_token",
			UserInfo:      "https://api.github.com/user",
			Emails:        "https://api.github.com/user/emails",
		},
		"google": {
			Authorization: "https://accounts.google.com/o/oauth2/auth",
			Token:         "https://accounts.google.com/o/oauth2/token",
			UserInfo:      "https://www.googleapis.com/oauth2/v3/userinfo",
		},
		"linkedin": {
			Discovery: "https://www.linkedin.com/oauth/.well-known/openid-configuration",
		},
		"microsoft": {
			Authorization: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
			Token:         "https://login.microsoftonline.com/common/oauth2/v2.0/token",
			Keys:          "https://login.microsoftonline.com/common/discovery/v2.0/keys",
		},
	}
}

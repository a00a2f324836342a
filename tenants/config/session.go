package config

// Words of session.cookie.retention.
const (
	RetentionSession    = "session"
	RetentionPersistent = "persistent"
	RetentionPrompt     = "prompt"
)

// Session is about sessions, their tokens and cookie.
type Session struct {
	Lifespan              Duration    `json:"lifespan" doc:"How long a session lasts."`
	Issuer                string      `json:"issuer" doc:"The iss claim of session tokens; empty means none."`
	Audience              []string    `json:"audience" doc:"The aud claim of session tokens; empty means the id of the relying party."`
	Limit                 int         `json:"limit" min:"1" doc:"How many sessions a user may have; the oldest ends when there are more."`
	IdleTimeout           Duration    `json:"idle_timeout" doc:"A session unused for that long ends; 0 means never."`
	EnableAuthTokenHeader bool        `json:"enable_auth_token_header" doc:"Return the session token in X-Auth-Token instead of a cookie."`
	AllowRevocation       bool        `json:"allow_revocation" doc:"Users may end their other sessions."`
	ShowOnProfile         bool        `json:"show_on_profile" doc:"Show users their sessions."`
	ReauthenticationAge   Duration    `json:"reauthentication_age" doc:"Changes of how to sign in, and deleting the account, need a session no older than that; 0 means any. A setting of Latchkeep's own."`
	AcquireIPAddress      bool        `json:"acquire_ip_address" doc:"Keep the IP address with a session."`
	AcquireUserAgent      bool        `json:"acquire_user_agent" doc:"Keep the browser's name with a session."`
	Cookie                Cookie      `json:"cookie" doc:"The session cookie."`
	JWTTemplate           JWTTemplate `json:"jwt_template" doc:"More claims for session tokens."`
}

// Cookie is the session cookie.
type Cookie struct {
	Name      string `json:"name" doc:"Name; empty means hanko."`
	Domain    string `json:"domain" doc:"Domain; empty means only the host that set it."`
	HTTPOnly  bool   `json:"http_only" doc:"Scripts cannot read it."`
	Secure    bool   `json:"secure" doc:"Sent over HTTPS only."`
	SameSite  string `json:"same_site" enum:"strict,lax,none" doc:"Whether it is sent with requests from other sites."`
	Retention string `json:"retention" enum:"session,persistent,prompt" doc:"Whether it survives closing the browser: no, yes, or as the user says."`
}

// JWTTemplate has more claims for session tokens.
type JWTTemplate struct {
	Claims map[string]any `json:"claims" doc:"Claims by name. A text may be a template over the user, such as {{ .User.Metadata.Public \"role\" }}."`
}

// Audience is who the tenant's tokens are for: the configured ones, else the relying party.
func (c *Config) Audience() []string {
	if len(c.Session.Audience) > 0 {
		return c.Session.Audience
	}
	return []string{c.WebAuthn.RelyingParty.ID}
}

package config

// ThirdParty is about OAuth and OpenID Connect providers.
type ThirdParty struct {
	RedirectURL         string                    `json:"redirect_url" doc:"Redirect URI given to providers: the public URL followed by /thirdparty/callback."`
	ErrorRedirectURL    string                    `json:"error_redirect_url" doc:"Page that gets the query parameters error and error_description."`
	DefaultRedirectURL  string                    `json:"default_redirect_url" doc:"Accepted, unused: who begins says where to go."`
	AllowedRedirectURLs []string                  `json:"allowed_redirect_urls" doc:"Pages that may be asked for; * stops at . and /, ** does not."`
	Providers           Providers                 `json:"providers" doc:"Built-in providers."`
	CustomProviders     map[string]CustomProvider `json:"custom_providers" doc:"More providers by name. Names are lower-cased; the id of a provider is custom_ followed by its name."`
}

// Providers are the built-in providers.
type Providers struct {
	Apple     Apple    `json:"apple" doc:"Apple."`
	Discord   Provider `json:"discord" doc:"Discord."`
	GitHub    Provider `json:"github" doc:"GitHub."`
	Google    Provider `json:"google" doc:"Google."`
	LinkedIn  Provider `json:"linkedin" doc:"LinkedIn."`
	Microsoft Provider `json:"microsoft" doc:"Microsoft."`
	Facebook  Provider `json:"facebook" doc:"Facebook."`
}

// Provider is a built-in provider.
type Provider struct {
	Enabled      bool   `json:"enabled" doc:"Users may sign in through it."`
	ClientID     string `json:"client_id" doc:"Client id at the provider."`
	Secret       string `json:"secret" secret:"true" doc:"Client secret at the provider."`
	AllowLinking bool   `json:"allow_linking" doc:"Users who have an account with the same address may add it."`
	Prompt       string `json:"prompt" doc:"Sent as prompt: login, none, consent or select_account."`
}

// Apple is the provider whose client secret is signed with a key of the team, and expires.
type Apple struct {
	Enabled      bool   `json:"enabled" doc:"Users may sign in through it."`
	ClientID     string `json:"client_id" doc:"Client id at the provider: the id of the service."`
	Secret       string `json:"secret" secret:"true" doc:"Client secret at the provider, as latchkeep siwa makes it; empty with a private key."`
	AllowLinking bool   `json:"allow_linking" doc:"Users who have an account with the same address may add it."`
	Prompt       string `json:"prompt" doc:"Sent as prompt: login, none, consent or select_account."`
	TeamID       string `json:"team_id" doc:"Id of the team. With it, key_id and private_key, client secrets are made when they are needed and never expire. A setting of Latchkeep's own."`
	KeyID        string `json:"key_id" doc:"Id of the private key. A setting of Latchkeep's own."`
	PrivateKey   string `json:"private_key" secret:"true" doc:"Private key that Apple gave: PKCS #8 in PEM. A setting of Latchkeep's own."`
}

// Provider is what Apple has in common with the others.
func (a Apple) Provider() Provider {
	return Provider{Enabled: a.Enabled, ClientID: a.ClientID, Secret: a.Secret, AllowLinking: a.AllowLinking, Prompt: a.Prompt}
}

// Signs reports whether client secrets are made with a private key.
func (a Apple) Signs() bool { return a.PrivateKey != "" }

// CustomProvider is a provider somebody described.
type CustomProvider struct {
	Enabled               bool              `json:"enabled" doc:"Users may sign in through it."`
	DisplayName           string            `json:"display_name" doc:"Name on the button."`
	ClientID              string            `json:"client_id" doc:"Client id at the provider."`
	Secret                string            `json:"secret" secret:"true" doc:"Client secret at the provider."`
	UseDiscovery          bool              `json:"use_discovery" doc:"Learn the endpoints from the issuer."`
	Issuer                string            `json:"issuer" doc:"Issuer; required with discovery."`
	AuthorizationEndpoint string            `json:"authorization_endpoint" doc:"Required without discovery."`
	TokenEndpoint         string            `json:"token_endpoint" doc:"Required without discovery."`
	UserinfoEndpoint      string            `json:"userinfo_endpoint" doc:"Required without discovery."`
	Scopes                []string          `json:"scopes" doc:"Scopes asked for."`
	AllowLinking          bool              `json:"allow_linking" doc:"Users who have an account with the same address may add it."`
	AttributeMapping      map[string]string `json:"attribute_mapping" doc:"Our claim by name, to the provider's claim that fills it."`
	Prompt                string            `json:"prompt" doc:"Sent as prompt."`
	ACRValues             []string          `json:"acr_values" doc:"Sent as acr_values."`
}

// SAML is about SAML identity providers.
type SAML struct {
	Enabled             bool               `json:"enabled" doc:"Users may sign in through SAML."`
	EndpointURL         string             `json:"endpoint_url" doc:"Public URL of this service as the identity provider sees it."`
	AudienceURI         string             `json:"audience_uri" doc:"Audience expected in assertions."`
	DefaultRedirectURL  string             `json:"default_redirect_url" doc:"Page to go to when none was asked for, and on errors."`
	AllowedRedirectURLs []string           `json:"allowed_redirect_urls" doc:"Pages that may be asked for; * stops at . and /, ** does not."`
	Options             SAMLOptions        `json:"options" doc:"Details of the protocol."`
	IdentityProviders   []IdentityProvider `json:"identity_providers" doc:"Identity providers; only with a single tenant."`
}

// SAMLOptions are details of the protocol.
type SAMLOptions struct {
	SignAuthnRequests       bool `json:"sign_authn_requests" doc:"Sign requests."`
	ForceLogin              bool `json:"force_login" doc:"Users must sign in at the identity provider again."`
	ValidateEncryptionCert  bool `json:"validate_encryption_cert" doc:"Check that the encryption certificate is valid."`
	SkipSignatureValidation bool `json:"skip_signature_validation" refused:"true" doc:"Refused: unsigned assertions are never accepted."`
	AllowMissingAttributes  bool `json:"allow_missing_attributes" doc:"Accept assertions without attributes."`
}

// IdentityProvider is a SAML identity provider.
type IdentityProvider struct {
	Enabled               bool         `json:"enabled" doc:"Users may sign in through it."`
	Name                  string       `json:"name" doc:"Name."`
	Domain                string       `json:"domain" doc:"E-mail domain whose users it serves."`
	MetadataURL           string       `json:"metadata_url" doc:"Where its metadata is."`
	SkipEmailVerification bool         `json:"skip_email_verification" doc:"Take its addresses for verified."`
	AttributeMap          AttributeMap `json:"attribute_map" doc:"Names of attributes in assertions; empty means the usual name."`
}

// AttributeMap has the names of attributes in assertions.
type AttributeMap struct {
	Name              string `json:"name" doc:"Full name."`
	FamilyName        string `json:"family_name" doc:"Family name."`
	GivenName         string `json:"given_name" doc:"Given name."`
	MiddleName        string `json:"middle_name" doc:"Middle name."`
	Nickname          string `json:"nickname" doc:"Nickname."`
	PreferredUsername string `json:"preferred_username" doc:"User name wished for."`
	Profile           string `json:"profile" doc:"Profile page."`
	Picture           string `json:"picture" doc:"Picture."`
	Website           string `json:"website" doc:"Web site."`
	Gender            string `json:"gender" doc:"Gender."`
	Birthdate         string `json:"birthdate" doc:"Date of birth."`
	ZoneInfo          string `json:"zone_info" doc:"Time zone."`
	Locale            string `json:"locale" doc:"Locale."`
	UpdatedAt         string `json:"updated_at" doc:"Time of the last change."`
	Email             string `json:"email" doc:"E-mail address."`
	EmailVerified     string `json:"email_verified" doc:"Whether the address is verified."`
	Phone             string `json:"phone" doc:"Telephone number."`
	PhoneVerified     string `json:"phone_verified" doc:"Whether the number is verified."`
}

// Webhooks are HTTP calls about events.
type Webhooks struct {
	Enabled             bool   `json:"enabled" doc:"Call the hooks listed here. Hooks made through the API are always called."`
	AllowTimeExpiration bool   `json:"allow_time_expiration" doc:"Hooks made through the API are disabled after 30 days without a successful delivery."`
	Hooks               []Hook `json:"hooks" doc:"The hooks."`
}

// Hook is one HTTP call.
type Hook struct {
	Callback string   `json:"callback" doc:"URL to call."`
	Events   []string `json:"events" doc:"Events it is called for; an entry stands for every event that starts with it."`
}

// Package federation signs people in through third parties: OAuth and OpenID Connect providers, and SAML identity providers.
//
// The rooms below it speak the protocols and end with an Account: what a provider says of the person who signed in there. This room decides
// what an account means for the tenant's people (sign in, link, sign up, refuse), and hands the result to the flow that asked for it in a
// one-time token. It knows no HTTP routes.
package federation

// An Account is a person at a provider, as the provider tells it after everything that protects the answer was verified.
type Account struct {
	// Provider is the id that identities are kept under: google, custom_…, or the entity id of a SAML identity provider.
	Provider string
	// Claims have the subject, which is never empty, and whatever else the provider tells.
	Claims Claims
	// AllowLinking lets the account be added to a person who has the same address.
	AllowLinking bool
	// SAMLDomain is the mail domain that a SAML identity provider signs in; empty for all others.
	SAMLDomain string
}

// Claims are what a provider says of a person, in the names of OpenID Connect (Core §5.1). They are stored with the identity, without what is
// empty. Spec: third-party §5.1.
type Claims struct {
	Issuer            string         `json:"iss,omitempty"`
	Subject           string         `json:"sub,omitempty"`
	Audience          string         `json:"aud,omitempty"`
	IssuedAt          float64        `json:"iat,omitempty"`
	ExpiresAt         float64        `json:"exp,omitempty"`
	Address           *Address       `json:"address,omitempty"`
	Birthdate         string         `json:"birthdate,omitempty"`
	Email             string         `json:"email,omitempty"`
	EmailVerified     bool           `json:"email_verified,omitempty"`
	FamilyName        string         `json:"family_name,omitempty"`
	Gender            string         `json:"gender,omitempty"`
	GivenName         string         `json:"given_name,omitempty"`
	Locale            string         `json:"locale,omitempty"`
	MiddleName        string         `json:"middle_name,omitempty"`
	Name              string         `json:"name,omitempty"`
	Nickname          string         `json:"nickname,omitempty"`
	Phone             string         `json:"phone,omitempty"`
	PhoneVerified     bool           `json:"phone_verified,omitempty"`
	Picture           string         `json:"picture,omitempty"`
	PreferredUsername string         `json:"preferred_username,omitempty"`
	Profile           string         `json:"profile,omitempty"`
	UpdatedAt         string         `json:"updated_at,omitempty"`
	Website           string         `json:"website,omitempty"`
	ZoneInfo          string         `json:"zoneinfo,omitempty"`
	Custom            map[string]any `json:"custom_claims,omitempty"`
}

// Address is a postal address (OpenID Connect Core §5.1.1).
type Address struct {
	Formatted     string `json:"formatted,omitempty"`
	Locality      string `json:"locality,omitempty"`
	PostalCode    string `json:"postal_code,omitempty"`
	Region        string `json:"region,omitempty"`
	StreetAddress string `json:"street_address,omitempty"`
	Country       string `json:"country,omitempty"`
}

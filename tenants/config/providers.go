package config

import "strings"

// CustomPrefix is what ids of custom providers begin with.
const CustomPrefix = "custom_"

// A BuiltIn is a built-in provider with its id and what people call it.
type BuiltIn struct {
	ID, Name string
	Provider Provider
}

// BuiltIn lists the built-in providers, in the order in which they are offered. Spec: third-party §10.
func (p Providers) BuiltIn() []BuiltIn {
	return []BuiltIn{
		{"apple", "Apple", p.Apple.Provider()},
		{"discord", "Discord", p.Discord},
		{"github", "GitHub", p.GitHub},
		{"google", "Google", p.Google},
		{"linkedin", "LinkedIn", p.LinkedIn},
		{"microsoft", "Microsoft", p.Microsoft},
		{"facebook", "Facebook", p.Facebook},
	}
}

// Name is what people call the provider with an id, and whether it is enabled. A provider that there is not has no name.
func (t ThirdParty) Name(id string) (name string, enabled bool) {
	if key, ok := strings.CutPrefix(id, CustomPrefix); ok {
		custom := t.CustomProviders[key]
		return custom.DisplayName, custom.Enabled
	}
	for _, b := range t.Providers.BuiltIn() {
		if b.ID == id {
			return b.Name, b.Provider.Enabled
		}
	}
	return "", false
}

// IsOAuth reports whether an id is that of a built-in or custom provider by its looks: all others are those of SAML identity providers.
func IsOAuth(id string) bool {
	if strings.HasPrefix(id, CustomPrefix) {
		return true
	}
	for _, b := range (Providers{}).BuiltIn() {
		if b.ID == id {
			return true
		}
	}
	return false
}

// AnyEnabled reports whether people may sign in through any provider.
func (t ThirdParty) AnyEnabled() bool {
	for _, b := range t.Providers.BuiltIn() {
		if b.Provider.Enabled {
			return true
		}
	}
	for _, c := range t.CustomProviders {
		if c.Enabled {
			return true
		}
	}
	return false
}

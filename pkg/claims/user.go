package claims

import (
	"encoding/json"
)

// A User is what a template may know of a person. Metadata are JSON objects as text, empty where unset.
type User struct {
	ID                                   string
	Email                                *Email // her primary address; nil where she has none
	Username                             string
	Name, GivenName, FamilyName, Picture string
	PublicMetadata, UnsafeMetadata       string
}

// Email is an address of a person.
type Email struct {
	Address               string
	IsPrimary, IsVerified bool
}

// The types below are what templates see: their exported fields and methods are the vocabulary of session §5.3, and there must be no other.

type root struct{ User *user }

type user struct {
	UserID     string    `json:"user_id"`
	Email      *email    `json:"email,omitempty"`
	Username   string    `json:"username"`
	Metadata   *metadata `json:"metadata,omitempty"`
	Name       string    `json:"name"`
	FamilyName string    `json:"family_name"`
	GivenName  string    `json:"given_name"`
	Picture    string    `json:"picture"`

	shown string
}

type email struct {
	Address    string `json:"address"`
	IsPrimary  bool   `json:"is_primary"`
	IsVerified bool   `json:"is_verified"`
}

func newRoot(u User, b *budget) *root {
	r := &root{User: &user{
		UserID: u.ID, Username: u.Username, Name: u.Name, FamilyName: u.FamilyName, GivenName: u.GivenName, Picture: u.Picture,
		Metadata: newMetadata(u.PublicMetadata, u.UnsafeMetadata, b),
	}}
	if e := u.Email; e != nil {
		r.User.Email = &email{Address: e.Address, IsPrimary: e.IsPrimary, IsVerified: e.IsVerified}
	}
	return r
}

// String shows everything as JSON.
func (u *user) String() string {
	if u == nil {
		return ""
	}
	if u.shown == "" {
		u.shown = show(u)
	}
	return u.shown
}

// String shows the address as JSON; no address is no text.
func (e *email) String() string {
	if e == nil {
		return ""
	}
	return show(e)
}

func show(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "" // metadata that is no JSON
	}
	return string(raw)
}

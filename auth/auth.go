// Package auth is the domain: what happens when a person signs in to a tenant.
//
// The rooms below it own one subject each (user, session, passcode, password, event, flows …). This file holds the two things they
// share: who is calling, and what a request wants to change. Nothing here knows HTTP routes or SQL.
package auth

import (
	"net/netip"
)

// A Client is who sends a request, as far as the server can tell. The API makes it; the domain only reads it.
type Client struct {
	// IP is the caller's address after trusted proxies were taken into account.
	IP netip.Addr
	// LimitKey stands for the caller in rate limits: an IPv6 caller counts by its /64 network.
	LimitKey string
	// UserAgent is the header as sent, unbounded and untrusted.
	UserAgent string
	// Language is the X-Language header as sent: the language of mails that the request causes.
	Language string
	// RequestID ties the request to its log lines and audit records.
	RequestID string
	// Tokens are the session tokens presented, in the order in which they are tried: Authorization headers, then the cookie.
	Tokens []string
	// DeviceTrust is the value of the device trust cookie.
	DeviceTrust string
}

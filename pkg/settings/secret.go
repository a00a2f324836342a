package settings

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

const redacted = "[redacted]"

// A Secret is a value that is never printed: fmt, slog and encoders see a placeholder. Reveal gives the value.
type Secret string

// Reveal returns the value itself.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// Format keeps every verb of fmt from printing the value, wrong ones too.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue keeps slog from printing the value.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps encoders from writing the value.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A SecretURL is a connection URL; printed, its password is replaced. Reveal gives the whole URL.
type SecretURL string

// Reveal returns the URL with its credentials.
func (u SecretURL) Reveal() string { return string(u) }

func (u SecretURL) String() string {
	if u == "" || strings.HasPrefix(string(u), "sqlite:") {
		return string(u)
	}
	parsed, err := url.Parse(string(u))
	if err != nil || parsed.Opaque != "" {
		return redacted
	}
	if parsed.User != nil {
		// A user name alone may be a password too (redis://secret@host).
		if _, has := parsed.User.Password(); has {
			parsed.User = url.UserPassword(parsed.User.Username(), "xxxxx")
		} else if parsed.Scheme == "redis" || parsed.Scheme == "rediss" {
			parsed.User = url.User("xxxxx")
		}
	}
	query := parsed.Query()
	for name := range query {
		if strings.Contains(strings.ToLower(name), "pass") || strings.Contains(strings.ToLower(name), "secret") {
			query.Set(name, "xxxxx")
		}
	}
	parsed.RawQuery = query.Encode()
	return parsed.String()
}

// Format keeps every verb of fmt from printing the password, wrong ones too.
func (u SecretURL) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, u.String()) }

// LogValue keeps slog from printing the password.
func (u SecretURL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText keeps encoders from writing the password.
func (u SecretURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

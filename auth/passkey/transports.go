package passkey

import (
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
)

// What is kept of the transports that a browser reports. New ones appear, so any name of their form is kept (Web Authentication §5.8.4).
const (
	maxTransports      = 8
	maxTransportLength = 16 // "smart-card" is the longest known
)

// cleanTransports keeps what can be a transport: names of letters and hyphens, each once.
func cleanTransports(reported []protocol.AuthenticatorTransport) []string {
	clean := []string{}
	for _, transport := range reported {
		name := string(transport)
		if len(clean) < maxTransports && isTransport(name) && !slices.Contains(clean, name) {
			clean = append(clean, name)
		}
	}
	return clean
}

func isTransport(name string) bool {
	return name != "" && len(name) <= maxTransportLength && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") == ""
}

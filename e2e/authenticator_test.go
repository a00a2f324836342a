//go:build e2e

package e2e

import (
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// An authenticator is one that a person has at hand: built into her computer, or a key that she plugs in. It is the browser's own
// imitation of one, attached to her tab; what it answers is real, but it answers at once.
type authenticator struct {
	p  *person
	id webauthn.AuthenticatorID
}

// builtIn is the computer's own authenticator, which keeps passkeys and knows its owner by her finger.
func (p *person) builtIn() *authenticator {
	p.t.Helper()
	return p.authenticator(webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	})
}

// plug connects a plain security key, which neither keeps passkeys nor knows who touches it.
func (p *person) plug() *authenticator {
	p.t.Helper()
	return p.authenticator(webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportUsb, AutomaticPresenceSimulation: true,
	})
}

func (p *person) authenticator(options webauthn.VirtualAuthenticatorOptions) *authenticator {
	p.t.Helper()
	p.noBrowserAuthenticators()
	added, err := chromedp.Call(p.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &options})
	require.NoError(p.t, err)
	return &authenticator{p: p, id: added.AuthenticatorID}
}

// noBrowserAuthenticators makes the tab see imitated authenticators only, and none at first.
func (p *person) noBrowserAuthenticators() {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, webauthn.Enable, webauthn.EnableParams{})
	require.NoError(p.t, err)
}

// command tells the authenticator something.
func command[P any](a *authenticator, c cdp.Command[P, cdp.Empty], params P) {
	a.p.t.Helper()
	_, err := chromedp.Call(a.p.ctx, c, params)
	require.NoError(a.p.t, err)
}

// recognises says whether the authenticator takes whoever touches it for its owner.
func (a *authenticator) recognises(yes bool) {
	a.p.t.Helper()
	command(a, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: a.id, IsUserVerified: yes})
}

// credentials are those that the authenticator keeps, with their private keys.
func (a *authenticator) credentials() []*webauthn.Credential {
	a.p.t.Helper()
	found, err := chromedp.Call(a.p.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id})
	require.NoError(a.p.t, err)
	return found.Credentials
}

// holds waits until the authenticator keeps so many credentials.
func (a *authenticator) holds(n int) []*webauthn.Credential {
	a.p.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if c := a.credentials(); len(c) == n {
			return c
		}
		select {
		case <-deadline.C:
			require.FailNow(a.p.t, "the authenticator does not hold as many credentials", "%d, not %d", len(a.credentials()), n)
		case <-tick.C:
		}
	}
}

// keep puts a credential of another authenticator into this one, as a passkey manager does, or a thief.
func (a *authenticator) keep(c *webauthn.Credential) {
	a.p.t.Helper()
	command(a, addCredential, addCredentialParams{a.id, credential{
		ID: c.CredentialID, Resident: c.IsResidentCredential, RelyingParty: c.RpID, PrivateKey: c.PrivateKey, UserHandle: c.UserHandle,
		SignCount: c.SignCount,
	}})
}

// What the browser takes: it refuses the members of webauthn.Credential that it is too old or too plain for.
type (
	addCredentialParams struct {
		Authenticator webauthn.AuthenticatorID `json:"authenticatorId"`
		Credential    credential               `json:"credential"`
	}
	credential struct {
		ID           []byte  `json:"credentialId"`
		Resident     bool    `json:"isResidentCredential"`
		RelyingParty string  `json:"rpId"`
		PrivateKey   []byte  `json:"privateKey"`
		UserHandle   []byte  `json:"userHandle,omitempty"`
		SignCount    float64 `json:"signCount"`
	}
)

var addCredential = cdp.Command[addCredentialParams, cdp.Empty]{Method: webauthn.CommandAddCredential}

// forget removes all credentials.
func (a *authenticator) forget() {
	a.p.t.Helper()
	command(a, webauthn.ClearCredentials, webauthn.ClearCredentialsParams{AuthenticatorID: a.id})
}

// unplug takes the authenticator away.
func (a *authenticator) unplug() {
	a.p.t.Helper()
	command(a, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: a.id})
}

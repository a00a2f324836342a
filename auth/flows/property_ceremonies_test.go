package flows_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// An offer is the options of a ceremony, as a browser got them.
type offer struct {
	in      *realm
	options json.RawMessage
	making  bool
}

type ceremony struct {
	PublicKey struct {
		Challenge        string `json:"challenge"`
		AllowCredentials []struct {
			ID string `json:"id"`
		} `json:"allowCredentials"`
	} `json:"publicKey"`
}

func allowedBy(options json.RawMessage) []string {
	var c ceremony
	if json.Unmarshal(options, &c) != nil {
		return nil
	}
	var ids []string
	for _, one := range c.PublicKey.AllowCredentials {
		ids = append(ids, one.ID)
	}
	return ids
}

func (k *kit) anyOffer(w *walk, making bool) *offer {
	list := slices.DeleteFunc(slices.Clone(k.offered), func(o offer) bool { return o.making != making })
	if len(list) == 0 {
		return nil
	}
	o := pick(w, list)
	return &o
}

// An answer of an authenticator, as far as it matters who gave it to what.
type answer struct {
	ID       string `json:"id"`
	Response struct {
		ClientData string `json:"clientDataJSON"`
	} `json:"response"`
}

type clientData struct {
	Type      string `json:"type"`
	Challenge string `json:"challenge"`
	Origin    string `json:"origin"`
}

// read takes an accepted answer apart, and checks that it was given to the newest ceremony of this very conversation.
func (w *walk) read(a *attempt, input any, making bool) string {
	require.Equal(w, making, a.making, "%s: the answer to another kind of ceremony is accepted", a)
	text, ok := input.(json.RawMessage)
	require.True(w, ok, "%s: %v is accepted as answer of an authenticator", a, input)
	var given answer
	var client clientData
	var asked ceremony
	require.NoError(w, json.Unmarshal(text, &given))
	decoded, err := base64.RawURLEncoding.DecodeString(given.Response.ClientData)
	require.NoError(w, errors.Join(err, json.Unmarshal(decoded, &client), json.Unmarshal(a.options, &asked)))
	require.Equal(w, asked.PublicKey.Challenge, client.Challenge, "%s: the answer to another challenge is accepted", a)
	require.Equal(w, a.in.origin, client.Origin, "%s: an answer from another origin is accepted", a)
	a.options = nil
	return given.ID
}

// noteAssertion checks an assertion that was accepted: as first factor, a passkey of hers; as second, any credential of hers.
func (w *walk) noteAssertion(a *attempt, q request, cookie string) {
	id := w.read(a, q.data["assertion_response"], false)
	require.NotNil(w, w.kit.devices[id], "%s: a credential is accepted that the attacker does not hold", a)
	for who, p := range a.in.rows.people {
		mfaOnly, ok := p.credentials[id]
		switch {
		case !ok:
		case a.first == nil:
			require.False(w, mfaOnly, "%s: a security key is accepted as first factor", a)
			a.prove(w, "passkey", "", map[uuid.UUID]bool{who: true}, cookie)
			return
		default:
			a.second = &proof{kind: "security_key", whose: map[uuid.UUID]bool{who: true}}
			return
		}
	}
	require.Fail(w, "a credential of nobody is accepted", "%s: %s", a, id)
}

// noteAttestation takes a credential that was accepted as the attacker's.
func (w *walk) noteAttestation(a *attempt, q request) {
	id := w.read(a, q.data["public_key"], true)
	require.NotNil(w, a.made, "%s", a)
	require.Equal(w, a.made.id, id, "%s: another credential than the one that was made is accepted", a)
	w.kit.add(a.made)
	a.set = add(a.set, a.kind)
	w.seen.mark("%s made in %s", a.kind, a.name)
}

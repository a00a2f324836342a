package passkey_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/internal/authenticator"
)

// FuzzCreated answers one ceremony with whatever a hostile client sends. Nothing but the answer that fits may be accepted, and nothing may
// panic.
func FuzzCreated(f *testing.F) {
	s := onSQLite(f)
	kim := s.person(f)
	options, c := s.create(f, passkey.Passkey, kim)
	for _, lies := range [][]authenticator.Lie{
		{authenticator.FromOrigin("https://evil.example")}, {authenticator.Attested("none"), authenticator.Unattended()},
		{authenticator.Attested("tpm")}, {authenticator.Attested("fido-u2f")}, {authenticator.BadSignature()}, {authenticator.Flagged(0x80)},
	} {
		f.Add([]byte(authenticator.New(origin).Create(f, options, lies...)))
	}
	for _, answer := range garbage() {
		f.Add([]byte(answer[:min(len(answer), 4096)]))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		made, err := s.room.Created(s.Tenant, c, answer, s.now)
		if err != nil {
			requireRefusal(t, err)
			return
		}
		require.NotEmpty(t, made.ID) // an answer without attestation is signed by nobody, so a fuzzer can find one
		require.LessOrEqual(t, len(made.ID), 1023)
		require.LessOrEqual(t, len(made.PublicKey), 2048)
		require.LessOrEqual(t, len(made.Transports), 8)
	})
}

// FuzzAsserted does the same with a credential that exists. Only its key signs, so everything else is refused.
func FuzzAsserted(f *testing.F) {
	s := onSQLite(f)
	device := authenticator.New(origin)
	s.enrol(f, passkey.Passkey, s.person(f), device)
	options, c := s.ask(f)
	for _, lies := range [][]authenticator.Lie{
		{authenticator.FromOrigin("https://evil.example")}, {authenticator.BadSignature()}, {authenticator.ByHandle(nil)},
		{authenticator.Flagged(0x80)}, {authenticator.Flagged(0x40)}, {authenticator.ByCredential([]byte("nobody's"))},
	} {
		f.Add([]byte(device.Get(f, options, lies...)))
	}
	for _, answer := range garbage() {
		f.Add([]byte(answer[:min(len(answer), 4096)]))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		_, err := s.room.Asserted(t.Context(), s.Tenant, c, json.RawMessage(answer), s.now)
		requireRefusal(t, err)
	})
}

func requireRefusal(t *testing.T, err error) {
	t.Helper()
	var refused *passkey.Refused
	require.True(t, errors.As(err, &refused), "%v", err)
	require.Equal(t, passkey.Invalid, refused.Reason)
}

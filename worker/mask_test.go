package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
)

// Spec: audit-log §2, the table of masking.
func TestMask_HidesAddressesAndUsernamesAsTheTableSays(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"":                        "",
		"a@x.io":                  "a*****@x.io",
		"ann@x.io":                "a*****@x.io",
		"abcdef@x.io":             "a*****@x.io",
		"abcdefg@x.io":            "abc****@x.io",
		"john.doe@x.io":           "joh*****@x.io",
		"@x.io":                   "******@x.io",
		"é@x.io":                  "é*****@x.io",
		"äöüßéèê@x.io":            "äöü****@x.io",
		"\"a@b\"@x.io":            "\"*****@x.io",
		"no address":              "no *******",
		"a":                       "a*****",
		"a-very-long-name@x.test": "a-v*************@x.test",
	} {
		require.Equal(t, want, maskAddress(address), address)
	}
	for name, want := range map[string]string{
		"": "", "x": "*", "xx": "x****x", "xyz": "x****z", "wxyz": "w**z", "johndoe": "j*****e", "ü": "*", "üé": "ü****é", "äöüß": "ä**ß",
	} {
		require.Equal(t, want, maskUsername(name), name)
	}
}

func TestMask_TouchesOnlyWhatTheTableNames(t *testing.T) {
	t.Parallel()
	r := event.AuditPayload{
		ActorEmail: "john.doe@x.io", Error: "john.doe@x.io is wrong", UserAgent: "john.doe@x.io",
		Details: map[string]any{
			"email": "john.doe@x.io", "username": "johndoe", "email_address": "john.doe@x.io", "Email": "john.doe@x.io", "flow_id": "johndoe", "n": 7,
			"nested": map[string]any{"email": "john.doe@x.io"},
		},
	}
	mask(&r)
	require.Equal(t, event.AuditPayload{
		ActorEmail: "joh*****@x.io", Error: "john.doe@x.io is wrong", UserAgent: "john.doe@x.io",
		Details: map[string]any{
			"email": "joh*****@x.io", "username": "j*****e", "email_address": "john.doe@x.io", "Email": "john.doe@x.io", "flow_id": "johndoe", "n": 7,
			"nested": map[string]any{"email": "john.doe@x.io"},
		},
	}, r)
	odd := event.AuditPayload{Details: map[string]any{"email": 7, "username": nil}}
	mask(&odd)
	require.Equal(t, map[string]any{"email": 7, "username": nil}, odd.Details)
}

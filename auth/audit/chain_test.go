package audit

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// TestChain_IsEncodedAsItIsWrittenDown has values that another program made from docs/audit-log.md.
func TestChain_IsEncodedAsItIsWrittenDown(t *testing.T) {
	t.Parallel()
	details, err := parseDetails([]byte(` {"n": -0e5, "b": [1.50, -0.5, null, true, false], "a": {"ü": "x"}}`))
	require.NoError(t, err)
	salt := make([]byte, saltSize)
	for i := range salt {
		salt[i] = byte(i)
	}
	commitment := content{failure: "err", ip: "192.0.2.7", agent: "agent", details: details}.commit(salt)
	require.Equal(t, "9ecd5c55d9fe097cb045012c888b9712fd72d674e86fee781386075835cbd8c3", hex.EncodeToString(commitment))
	kim := uuid.MustParse("019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2d")
	hash := link{
		sequence: 1, id: kim, tenant: uuid.MustParse("019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"), kind: "login_success", actor: &kim, request: "req",
		created: time.UnixMicro(1793534400000001), commitment: commitment,
	}.hash()
	require.Equal(t, "fd9737832b129914300977320d26c79d940045b9dac104449c072a17cedc62f0", hex.EncodeToString(hash))
}

func TestDecimal_IsTheSameForAllSpellings(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"0": "0", "-0": "0", "0.000": "0", "0e9": "0", "100": "1e2", "1e2": "1e2", "1E+2": "1e2", "100.0": "1e2", "0.1e3": "1e2", "1000e-1": "1e2",
		"-0.5": "-5e-1", "-5e-1": "-5e-1", "1.10": "11e-1", "12345678901234567890": "1234567890123456789e1", "1e-400": "1e-400",
	} {
		require.Equal(t, want, decimal(number), number)
	}
}

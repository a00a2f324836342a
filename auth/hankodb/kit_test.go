package hankodb_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// How long a test waits for what happens after an answer, and how often it looks.
const (
	patience = 30 * time.Second
	tick     = 20 * time.Millisecond
)

// header is that of a token.
func header(t testing.TB, token string) map[string]any {
	t.Helper()
	first, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(first)
	require.NoError(t, err)
	var h map[string]any
	require.NoError(t, json.Unmarshal(raw, &h))
	return h
}

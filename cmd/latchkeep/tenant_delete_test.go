package main_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTenant_IsRestoredOrPurgedWithAReceiptByCommands(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	var shop struct{ ID string }
	m.json(t, &shop, "tenant", "create", "shop")
	m.refuses(t, []string{"tenant", "delete", "shop"}, "--yes")
	m.refuses(t, []string{"tenant", "delete", "shop", "--yes", "--grace", "9000h"}, "grace")
	m.refuses(t, []string{"tenant", "purge", "shop", "--confirm", "shop"}, "only a deleted tenant")
	require.Contains(t, m.must(t, "tenant", "delete", "shop", "--yes", "--grace", "1h"), "it can be restored until")
	m.must(t, "tenant", "delete", "shop", "--yes") // changes nothing
	m.refuses(t, []string{"tenant", "show", "shop"}, "no such tenant")
	require.NotContains(t, m.must(t, "tenant", "list"), shop.ID)
	require.Contains(t, m.must(t, "tenant", "list", "--deleted"), shop.ID)
	require.Regexp(t, `^shop \(.*\) is active`, m.must(t, "tenant", "restore", "shop"))
	m.must(t, "tenant", "restore", shop.ID) // changes nothing
	m.must(t, "tenant", "show", "shop")

	m.must(t, "tenant", "delete", "shop", "--yes")
	m.refuses(t, []string{"tenant", "purge", "shop"}, "confirmation")
	receipt := m.must(t, "tenant", "purge", "shop", "--confirm", "shop")
	m.refuses(t, []string{"tenant", "restore", shop.ID}, "no such tenant")
	require.JSONEq(t, receipt, m.must(t, "tenant", "receipt", shop.ID))
	require.Regexp(t, `(?m)^`+shop.ID+` +shop`, m.must(t, "tenant", "receipt"))

	m.write(t, "receipt.json", receipt)
	require.Contains(t, m.must(t, "tenant", "receipt", "verify", "receipt.json"), `"slug": "shop"`)
	var signed struct{ Signature string }
	require.NoError(t, json.Unmarshal([]byte(receipt), &signed))
	m.write(t, "receipt.jws", signed.Signature+"\n")
	require.Contains(t, m.must(t, "tenant", "receipt", "verify", "receipt.jws"), `"slug": "shop"`)
	m.write(t, "none.json", `{"keys": []}`)
	m.refuses(t, []string{"tenant", "receipt", "verify", "receipt.json", "--jwks", "none.json"}, "verify the receipt")
	m.refuses(t, []string{"tenant", "receipt", "verify", "nowhere.json"}, "nowhere.json")
}

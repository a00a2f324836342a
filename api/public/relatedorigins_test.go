package public_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

const relatedOrigins = "/.well-known/webauthn"

func TestRelatedOrigins_AreThoseOfTheWeb(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{"webauthn": {"relying_party": {"id": "shop.example", "origins": [
		"https://www.Shop.example:443/", "https://shop.de", "https://www.shop.example", "https://shop.example:8443",
		"android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck"]}},
		"cors": {"allow_origins": ["https://shop.de"]}}`)
	bank := env.Tenant(t, "bank")

	r := shop.Client().With("Origin", "https://shop.de").Get(t, relatedOrigins)
	require.Equal(t, http.StatusOK, r.Status)
	require.Equal(t, "application/json", r.Header.Get("Content-Type"))
	require.Equal(t, "max-age=600", r.Header.Get("Cache-Control"))
	require.Equal(t, "https://shop.de", r.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, `{"origins":["https://www.shop.example","https://shop.de","https://shop.example:8443"]}`, string(r.Body))
	require.Equal(t, r.Body, shop.ByPath().Client().Get(t, relatedOrigins).Body)
	require.JSONEq(t, `{"origins": ["http://bank.latchkeep.test"]}`, string(bank.Client().Get(t, relatedOrigins).Body))
}

func TestRelatedOrigins_AreCachedByTheirTagUntilTheyChange(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t)
	shop := env.Tenant(t, "shop", `{"webauthn": {"relying_party": {"id": "shop.example", "origins": ["https://shop.example"]}}}`)
	tag := shop.Client().Get(t, relatedOrigins).Header.Get("ETag")
	require.Regexp(t, `^"[^"]+"$`, tag)
	unchanged := shop.Client().With("If-None-Match", tag).Get(t, relatedOrigins)
	require.Equal(t, http.StatusNotModified, unchanged.Status)
	require.Empty(t, unchanged.Body)

	shop.Configure(t, `{"webauthn": {"relying_party": {"origins": ["https://shop.example", "https://shop.de"]}}}`)
	changed := shop.Client().With("If-None-Match", tag).Get(t, relatedOrigins)
	require.Equal(t, http.StatusOK, changed.Status)
	require.NotEqual(t, tag, changed.Header.Get("ETag"))
}

func TestRelatedOrigins_AreNotShownOfASuspendedTenant(t *testing.T) {
	t.Parallel()

	shop := testenv.OnSQLite(t).Tenant(t, "shop")
	shop.SetStatus(t, tenants.StatusSuspended)
	r := shop.Client().Get(t, relatedOrigins)
	require.Equal(t, http.StatusForbidden, r.Status)
	require.JSONEq(t, `{"code":403,"message":"Forbidden"}`, string(r.Body))
}

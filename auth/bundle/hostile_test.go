package bundle_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestBundle_IsOpenedByItsOwnKeyOnly(t *testing.T) {
	t.Parallel()

	from, to := newPlace(t, "sqlite3", here), newPlace(t, "sqlite3", elsewhere)
	made := from.shop(t, "shop")
	file := from.export(t, made.ID)
	other, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	for want, key := range map[string]bundle.Key{
		"bundle_locked": {Identity: other.String()}, "invalid_lock": {}, "invalid_lock ": {Identity: "AGE-SECRET-KEY-1WRONG"},
		"bundle_locked ": {Passphrase: "a passphrase, for a bundle with recipients"}, "invalid_lock  ": {Identity: identity().String(), Passphrase: "both"},
	} {
		_, err := to.room.Import(t.Context(), tenants.ByCLI, bytes.NewReader(file), bundle.ImportOptions{Key: key})
		require.Equal(t, strings.TrimSpace(want), code(err))
		require.NotContains(t, err.Error(), "AGE-SECRET")
	}
	_, err = to.imports(t, []byte("not a bundle at all"))
	require.Equal(t, "bundle_unreadable", code(err))
	require.Zero(t, to.left(t, made.ID))
}

// A file that ends early, wherever, or in which anything was changed, makes no tenant, and leaves nothing.
func TestBundle_CutShortOrChangedMakesNoTenant(t *testing.T) {
	t.Parallel()

	from, to := newPlace(t, "sqlite3", here), newPlace(t, "sqlite3", elsewhere)
	made := from.shop(t, "shop")
	file := from.export(t, made.ID)
	for cut := 0; cut < len(file); cut += 1024 {
		_, err := to.imports(t, file[:cut])
		require.Error(t, err, "cut at %d", cut)
		require.Contains(t, []string{"bundle_damaged", "bundle_unreadable", "bundle_locked"}, code(err), "cut at %d: %v", cut, err)
		require.Zero(t, to.left(t, made.ID), "cut at %d", cut)
	}
	for at := 0; at < len(file); at += 997 {
		changed := bytes.Clone(file)
		changed[at] ^= 1
		_, err := to.imports(t, changed)
		require.Contains(t, []string{"bundle_damaged", "bundle_unreadable", "bundle_locked"}, code(err), "changed at %d: %v", at, err)
		require.Zero(t, to.left(t, made.ID), "changed at %d", at)
	}
	done, err := to.imports(t, file)
	require.NoError(t, err, "none of it is in the way")
	require.True(t, done.Created)
}

// Whoever can write a bundle, since the public key is no secret, cannot leave lines out, or add some.
func TestBundle_LinesThatAreMissingOrTooManyAreFound(t *testing.T) {
	t.Parallel()

	from, to := newPlace(t, "sqlite3", here), newPlace(t, "sqlite3", elsewhere)
	made := from.shop(t, "shop")
	lines := plain(t, from.export(t, made.ID))
	all := strings.Join(lines, "\n") + "\n"
	last := lines[len(lines)-1]
	for name, text := range map[string]string{
		"no summary":     strings.TrimSuffix(all, last+"\n"),
		"no end of line": strings.TrimSuffix(all, "\n"),
		"a line less":    strings.Replace(all, lines[3]+"\n", "", 1),
		"a line more":    all + lines[3] + "\n",
		"another end":    all + "\n",
		"a space":        strings.Replace(all, `{"kind":"users"`, `{ "kind":"users"`, 1),
		"nothing":        "",
	} {
		_, err := to.imports(t, sealed(t, text))
		require.Equal(t, "bundle_damaged", code(err), "%s: %v", name, err)
		require.Zero(t, to.left(t, made.ID), name)
	}
}

func TestBundle_RowsThatTheProgramNeverWroteAreRefused(t *testing.T) {
	t.Parallel()

	from, to := newPlace(t, "sqlite3", here), newPlace(t, "sqlite3", elsewhere)
	made := from.shop(t, "shop")
	lines := plain(t, from.export(t, made.ID))
	lines = lines[:len(lines)-1]
	of := func(kind, with string) int {
		for i, l := range lines {
			if strings.HasPrefix(l, `{"kind":"`+kind+`"`) && strings.Contains(l, with) {
				return i
			}
		}
		t.Fatalf("there is no row of %s with %s", kind, with)
		return 0
	}
	type c struct{ kind, old, new, code, reason string }
	deep := strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100)
	for _, c := range []c{
		{"users", `"name":"Kim ☃"`, `"name":7`, "invalid_bundle", "must be a text"},
		{"users", `"name":"Kim ☃"`, `"name":"a","name":"b"`, "invalid_bundle", "twice"},
		{"users", `"name":"Kim ☃"`, `"name":"\u0000"`, "invalid_bundle", "NUL"},
		{"users", `"name":"Kim ☃"`, `"tenant_id":"` + uuid.NewString() + `"`, "bundle_newer", ""},
		{"users", `"name":"Kim ☃"`, `"future":1`, "bundle_newer", ""},
		{"users", `"username":"kim"`, `"username":"KIM "`, "invalid_bundle", "lower case"},
		{"users", `"created_at":"2`, `"created_at":"x2`, "invalid_bundle", "must be a time"},
		{"emails", `@shop.example"`, `"`, "invalid_bundle", "e-mail"},
		{"password_credentials", `$2a$04`, `$2a$99`, "invalid_bundle", "hash"},
		{"webauthn_credentials", `"sign_count":7`, `"sign_count":-1`, "invalid_bundle", "32 bits"},
		{"webauthn_credentials", `"sign_count":7`, `"sign_count":7.5`, "invalid_bundle", "integer"},
		{"webauthn_credentials", `["internal","hybrid"]`, `{"a":1}`, "invalid_bundle", "list of texts"},
		{"webauthn_credentials", `["internal","hybrid"]`, deep, "invalid_bundle", "deep"},
		{"totp_secrets", `"secret":"`, `"secret":"AAAA`, "invalid_bundle", "base32"},
		{"signing_keys", `"alg":"ES256"`, `"alg":"none"`, "invalid_bundle", "private JWK"},
		{"signing_keys", `"state":"active"`, `"state":"made up"`, "invalid_bundle", "state"},
		{"saml_certificates", `"private_key":"`, `"private_key":"AAAA`, "invalid_bundle", "PEM"},
		{"api_keys", `["users:*"]`, `["tenants:*"]`, "invalid_bundle", "not known"},
		{"tenant_config_versions", `"version":1`, `"version":9`, "invalid_bundle", "version"},
		{"identities", `"user_id":"`, `"user_id":null,"x":"`, "bundle_newer", ""},
		{"sessions", `{"kind":"sessions"`, `{"kind":"outbox"`, "invalid_bundle", "kind"},
		{"sessions", `{"kind":"sessions"`, `{"kind":"operators"`, "invalid_bundle", "kind"},
	} {
		changed := append([]string{}, lines...)
		i := of(c.kind, c.old)
		changed[i] = strings.Replace(changed[i], c.old, c.new, 1)
		_, err := to.imports(t, locked(t, changed...))
		require.Equal(t, c.code, code(err), "%s: %s: %v", c.kind, c.new, err)
		require.Contains(t, reasons(err), c.reason, c.kind)
		require.Zero(t, to.left(t, made.ID), c.kind)
	}
	kim := of("users", `"username":"kim"`)
	_, err := to.imports(t, locked(t, append(append([]string{}, lines[:kim]...), lines[kim+1:]...)...))
	require.Equal(t, "invalid_bundle", code(err), "what is of a person who is not there")
	_, err = to.imports(t, locked(t, append(append([]string{}, lines...), lines[of("emails", "")])...))
	require.Equal(t, "bundle_conflict", code(err), "a row that comes twice")
	require.Zero(t, to.left(t, made.ID))
}

func TestBundle_ManifestsThatAreWrongAreRefused(t *testing.T) {
	t.Parallel()

	from, to := newPlace(t, "sqlite3", here), newPlace(t, "sqlite3", elsewhere)
	made := from.shop(t, "shop")
	first := plain(t, from.export(t, made.ID))[0]
	id := made.ID.String()
	for _, c := range []struct{ old, new, code string }{
		{`"format":1`, `"format":2`, "bundle_newer"},
		{`"format":1`, `"format":0`, "invalid_bundle"},
		{`"kind":"manifest"`, `"kind":"users"`, "invalid_bundle"},
		{`"tenant":{`, `"tenants":{`, "invalid_bundle"},
		{id, tenants.SystemID.String(), "invalid_tenant"},
		{id, tenants.SingleID.String(), "invalid_tenant"},
		{`"slug":"shop"`, `"slug":"admin"`, "invalid_tenant"},
		{`"origin":"v1"`, `"origin":"system"`, "invalid_tenant"},
		{`"status":"active"`, `"status":"deleting"`, "invalid_tenant"},
		{`"config_version":1`, `"config_version":-1`, "invalid_tenant"},
		{`"config":{`, `"config":{"no_such_setting":1,`, "invalid_config"},
		{`of the mail server`, `********`, "invalid_config"},
	} {
		require.Contains(t, first, c.old)
		_, err := to.imports(t, locked(t, strings.Replace(first, c.old, c.new, 1)))
		require.Equal(t, c.code, code(err), "%s: %v", c.new, err)
		require.Zero(t, to.left(t, made.ID), c.new)
	}
	_, err := to.imports(t, sealed(t, first+"\n"+`{"kind":"users","row":{"name":"`+strings.Repeat("x", 17<<20)+`"}}`+"\n"))
	require.Equal(t, "invalid_bundle", code(err))
	require.Contains(t, reasons(err), "longer")
}

// A tenant that has arrived in part is found by nobody. When the one who sent it is gone, it is cleared away; when the program is, the worker does
// it, or whoever tries again.
func TestBundle_BrokenOffLeavesNothingThatIsFound(t *testing.T) {
	t.Parallel()

	testdb.Each(t, func(t *testing.T, st *store.Store, _ string) {
		from, to := newPlace(t, "sqlite3", here), placeOn(t, st, elsewhere)
		made := from.shop(t, "shop")
		from.crowd(t, made.ID)
		file := from.export(t, made.ID)

		gone := errors.New("the client went away")
		ctx, cancel := context.WithCancel(t.Context())
		_, err := to.room.Import(ctx, tenants.ByCLI, io.MultiReader(bytes.NewReader(file[:len(file)-100]), failing{cancel, gone}),
			bundle.ImportOptions{Key: ours()})
		require.ErrorIs(t, err, gone)
		require.Zero(t, to.left(t, made.ID))

		// The program is killed: nobody clears away. Whatever it wrote last is what a reader sees that never returns.
		killed, resume := make(chan struct{}), make(chan struct{})
		var running sync.WaitGroup
		var late error
		running.Go(func() {
			_, late = to.room.Import(t.Context(), tenants.ByCLI, &pausing{from: bytes.NewReader(file), after: len(file) - 100, paused: killed, resume: resume},
				bundle.ImportOptions{Key: ours()})
		})
		<-killed
		require.Positive(t, to.left(t, made.ID))
		_, err = to.tenants.Get(t.Context(), made.ID)
		require.ErrorIs(t, err, tenants.ErrNotFound)
		_, err = to.tenants.GetBySlug(t.Context(), "shop")
		require.ErrorIs(t, err, tenants.ErrNotFound)
		require.ErrorIs(t, to.tenants.Delete(t.Context(), tenants.ByCLI, made.ID), tenants.ErrNotFound)
		listed, err := to.tenants.List(t.Context(), tenants.Filter{PerPage: 10})
		require.NoError(t, err)
		for _, one := range listed.Items {
			require.NotEqual(t, made.ID, one.ID)
		}
		_, err = to.imports(t, file)
		require.Equal(t, "import_running", code(err), "two at once: one of them")

		to.clock.advance(3 * time.Minute)
		done, err := to.imports(t, file)
		require.NoError(t, err, "what gives no sign of life is cleared, and the import begins anew")
		require.True(t, done.Created)
		close(resume)
		running.Wait()
		require.Error(t, late, "who comes back to life has been overtaken")
		require.Equal(t, 2+crowd, to.store.Reader().User.Query().CountX(scope.With(t.Context(), scope.Tenant(made.ID))), "and takes nothing away")
	})
}

func TestBundle_WhatWasBrokenOffIsPurgedWithoutAReceipt(t *testing.T) {
	t.Parallel()

	from, to := newPlace(t, "sqlite3", here), newPlace(t, "sqlite3", elsewhere)
	made := from.shop(t, "shop")
	from.crowd(t, made.ID)
	file := from.export(t, made.ID)
	killed, resume := make(chan struct{}), make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		_, _ = to.room.Import(t.Context(), tenants.ByCLI, &pausing{from: bytes.NewReader(file), after: len(file) - 100, paused: killed, resume: resume},
			bundle.ImportOptions{Key: ours()})
	})
	<-killed
	for range 3 {
		gone, err := to.tenants.Purge(t.Context(), 1000)
		require.NoError(t, err)
		require.Zero(t, gone, "it may go on")
	}
	to.clock.advance(3 * time.Minute)
	for {
		gone, err := to.tenants.Purge(t.Context(), 5)
		require.NoError(t, err)
		if gone == 0 {
			break
		}
	}
	require.Zero(t, to.left(t, made.ID))
	_, err := to.tenants.Receipt(t.Context(), made.ID)
	require.Equal(t, "receipt_not_found", code(err))
	close(resume)
	running.Wait()
}

// failing fails, after something else.
type failing struct {
	first func()
	err   error
}

func (f failing) Read([]byte) (int, error) {
	f.first()
	return 0, f.err
}

// pausing stops after so many bytes until it may go on.
type pausing struct {
	from           io.Reader
	after          int
	paused, resume chan struct{}
}

func (p *pausing) Read(b []byte) (int, error) {
	if p.after == 0 {
		close(p.paused)
		<-p.resume
		p.after = -1
	}
	if p.after > 0 {
		b = b[:min(len(b), p.after)]
	}
	n, err := p.from.Read(b)
	if p.after > 0 {
		p.after -= n
	}
	return n, err
}

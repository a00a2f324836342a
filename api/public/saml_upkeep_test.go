package public_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	crewjam "github.com/crewjam/saml"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

// samlHouse is a tenant with a peer, in a program whose clock can be moved.
type samlHouse struct {
	*testenv.Tenant
	room  *saml.Room
	clock *testenv.Clock
	peer  *samlpeer.Peer
}

func newSAMLHouse(t *testing.T, env *testenv.Env, clock *testenv.Clock, slug string, opts ...samlpeer.Option) *samlHouse {
	t.Helper()
	h := &samlHouse{Tenant: env.Tenant(t, slug), room: env.App.SAML, clock: clock, peer: samlpeer.New(t, opts...)}
	h.Configure(t, `{"saml": {"enabled": true, "audience_uri": "`+h.URL()+`", "default_redirect_url": "https://shop.example/in", "endpoint_url": "`+h.URL()+`"}}`)
	return h
}

func (h *samlHouse) wish() saml.Wish {
	return saml.Wish{Name: "Staff", Domain: samlDomain, MetadataURL: h.peer.MetadataURL(), Enabled: true, SkipEmailVerification: true}
}

func (h *samlHouse) provide(t *testing.T) saml.Provider {
	t.Helper()
	p, err := h.room.Create(t.Context(), tenants.BySystem, h.ID, h.wish())
	require.NoError(t, err)
	return p
}

func (h *samlHouse) look(t *testing.T, id uuid.UUID) saml.Provider {
	t.Helper()
	p, err := h.room.Provider(t.Context(), h.ID, id)
	require.NoError(t, err)
	return p
}

// states are those of the tenant's certificates, oldest first.
func (h *samlHouse) states(t *testing.T) []tenants.KeyState {
	t.Helper()
	all, err := h.room.Certificates(t.Context(), h.ID)
	require.NoError(t, err)
	states := make([]tenants.KeyState, len(all))
	for i, c := range all {
		states[i] = c.State
	}
	return states
}

func (h *samlHouse) metadata(t *testing.T) crewjam.SPSSODescriptor {
	t.Helper()
	r := h.Client().Get(t, "/saml/metadata?domain="+samlDomain)
	require.Equal(t, http.StatusOK, r.Status)
	var d crewjam.EntityDescriptor
	require.NoError(t, xml.Unmarshal(r.Body, &d))
	return d.SPSSODescriptors[0]
}

// eachSAMLQuietly runs a test on every database, with nothing running in the background and a clock that can be moved.
func eachSAMLQuietly(t *testing.T, run func(t *testing.T, env *testenv.Env, clock *testenv.Clock)) {
	t.Helper()
	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &testenv.Clock{}
			run(t, testenv.New(t, name, testenv.Local(), testenv.Quiet(), testenv.WithClock(clock.Now)), clock)
		})
	}
}

func advanceSAML(t *testing.T, h *samlHouse) {
	t.Helper()
	next, err := h.room.AdvanceDueCertificates(t.Context(), uuid.Nil, 100)
	require.NoError(t, err)
	require.Equal(t, uuid.Nil, next)
}

const samlDay = 24 * time.Hour

func TestSAMLCertificates_ARotationBreaksNobody(t *testing.T) {
	t.Parallel()
	eachSAMLQuietly(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		h := newSAMLHouse(t, env, clock, "shop", samlpeer.Plain())
		h.provide(t)
		old := h.metadata(t)
		require.Equal(t, []tenants.KeyState{tenants.KeyActive}, h.states(t))
		_, err := h.room.Rotate(t.Context(), tenants.BySystem, h.ID)
		require.NoError(t, err)
		advanceSAML(t, h)
		require.Equal(t, []tenants.KeyState{tenants.KeyActive, tenants.KeyPublished}, h.states(t), "not before providers could fetch it")
		both := h.metadata(t)
		require.Len(t, both.KeyDescriptors, 4, "either may be used, for either purpose")
		require.Equal(t, old.KeyDescriptors[0], both.KeyDescriptors[0], "the one that signs comes first")

		clock.Move(saml.Overlap)
		advanceSAML(t, h)
		require.Equal(t, []tenants.KeyState{tenants.KeyRetiring, tenants.KeyActive}, h.states(t))
		retiring := h.metadata(t)
		require.Len(t, retiring.KeyDescriptors, 3, "nobody shall begin to encrypt for the one that goes")
		require.Equal(t, both.KeyDescriptors[1], retiring.KeyDescriptors[0])
		require.Equal(t, both.KeyDescriptors[0], retiring.KeyDescriptors[1])

		clock.Move(saml.Overlap)
		advanceSAML(t, h)
		require.Equal(t, []tenants.KeyState{tenants.KeyGone, tenants.KeyActive}, h.states(t))
		require.Len(t, h.metadata(t).KeyDescriptors, 2)
		before := env.Statements(func() { advanceSAML(t, h) })
		require.Len(t, before, 1, "there is nothing to do")
	})
}

func TestSAMLCertificates_WhatWasEncryptedForTheOneThatGoesIsReadUntilItIsGone(t *testing.T) {
	t.Parallel()
	eachSAMLQuietly(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		h := newSAMLHouse(t, env, clock, "shop")
		h.peer.Key, h.peer.Certificate = samlpeer.NewCertificate(t, time.Now().Add(-samlDay), time.Now().Add(100*samlDay))
		w := h.wish()
		w.MetadataURL, w.MetadataXML = "", string(h.peer.Describe(t, func(d *crewjam.EntityDescriptor) {
			d.IDPSSODescriptors[0].KeyDescriptors[0].KeyInfo.X509Data.X509Certificates[0].Data = base64.StdEncoding.EncodeToString(h.peer.Certificate.Raw)
		}))
		_, err := h.room.Create(t.Context(), tenants.BySystem, h.ID, w)
		require.NoError(t, err)
		h.metadata(t)
		all, err := h.room.Certificates(t.Context(), h.ID)
		require.NoError(t, err)
		old := parsePEM(t, all[0].PEM)
		_, err = h.room.Rotate(t.Context(), tenants.BySystem, h.ID)
		require.NoError(t, err)
		signIn := func() int {
			response := h.peer.Forge(t, samlpeer.Forgery{
				ACS: h.URL() + "/saml/callback", Audience: h.URL(), Person: samlpeer.Emailed("kim", "kim@"+samlDomain), EncryptFor: old, At: clock.Now(),
			})
			return h.Client().With("Content-Type", "application/x-www-form-urlencoded").
				Send(t, http.MethodPost, "/saml/callback", []byte(url.Values{"SAMLResponse": {response}}.Encode())).Status
		}
		require.Equal(t, http.StatusFound, signIn(), "beside a published one")
		clock.Move(saml.Overlap)
		advanceSAML(t, h)
		require.Equal(t, http.StatusFound, signIn(), "retiring")
		clock.Move(saml.Overlap)
		advanceSAML(t, h)
		require.Equal(t, http.StatusSeeOther, signIn(), "gone")
	})
}

func TestSAMLCertificates_AreRenewedBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	eachSAMLQuietly(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		h := newSAMLHouse(t, env, clock, "shop")
		h.provide(t)
		h.metadata(t)
		clock.Move(saml.CertificateTTL - 31*samlDay)
		advanceSAML(t, h)
		require.Equal(t, []tenants.KeyState{tenants.KeyActive}, h.states(t))
		clock.Move(2 * samlDay)
		advanceSAML(t, h)
		advanceSAML(t, h)
		require.Equal(t, []tenants.KeyState{tenants.KeyActive, tenants.KeyPublished}, h.states(t))
		all, err := h.room.Certificates(t.Context(), h.ID)
		require.NoError(t, err)
		require.EqualValues(t, 2, parsePEM(t, all[1].PEM).SerialNumber.Int64(), "issuer and serial are one certificate's alone")
		clock.Move(saml.Overlap)
		advanceSAML(t, h)
		require.Equal(t, []tenants.KeyState{tenants.KeyRetiring, tenants.KeyActive}, h.states(t))
	})
}

func TestSAMLRefresh_TakesNewMetadataOnceADay(t *testing.T) {
	t.Parallel()
	eachSAMLQuietly(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		h := newSAMLHouse(t, env, clock, "shop")
		p := h.provide(t)
		require.EqualValues(t, 1, h.peer.Fetches.Load())
		require.NoError(t, h.room.RefreshDue(t.Context()))
		require.EqualValues(t, 1, h.peer.Fetches.Load(), "it is not due")

		// The peer gets another key: until we know, nobody signs in with it.
		h.peer.Key, h.peer.Certificate = samlpeer.NewCertificate(t, time.Now().Add(-samlDay), time.Now().Add(100*samlDay))
		h.peer.Serve(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(h.peer.Describe(t, func(d *crewjam.EntityDescriptor) {
				d.IDPSSODescriptors[0].KeyDescriptors[0].KeyInfo.X509Data.X509Certificates[0].Data = base64.StdEncoding.EncodeToString(h.peer.Certificate.Raw)
			}))
		})
		clock.Move(samlDay)
		signIn := func() int {
			response := h.peer.Forge(t, samlpeer.Forgery{
				ACS: h.URL() + "/saml/callback", Audience: h.URL(), Person: samlpeer.Emailed("kim", "kim@"+samlDomain), At: clock.Now(),
			})
			return h.Client().With("Content-Type", "application/x-www-form-urlencoded").
				Send(t, http.MethodPost, "/saml/callback", []byte(url.Values{"SAMLResponse": {response}}.Encode())).Status
		}
		require.Equal(t, http.StatusSeeOther, signIn())
		require.NoError(t, h.room.RefreshDue(t.Context()))
		require.EqualValues(t, 2, h.peer.Fetches.Load())
		require.Equal(t, http.StatusFound, signIn())
		after := h.look(t, p.ID)
		require.Equal(t, p.UpdatedAt, after.UpdatedAt, "no operator changed it")
		require.Greater(t, after.FetchedAt.Sub(*p.FetchedAt), samlDay-time.Minute)
		require.Empty(t, after.RefreshError)
	})
}

func TestSAMLRefresh_KeepsWhatItKnowsWhileTheProviderLiesOrIsAway(t *testing.T) {
	t.Parallel()
	eachSAMLQuietly(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		h := newSAMLHouse(t, env, clock, "shop")
		p := h.provide(t)
		clock.Move(samlDay)
		var waits []time.Duration
		for name, serve := range map[string]http.HandlerFunc{
			"away":            func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
			"no metadata":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html/>")) },
			"another's name":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(samlpeer.New(t).Describe(t, nil)) },
			"no certificates": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<EntityDescriptor/>")) },
		} {
			h.peer.Serve(serve)
			require.NoError(t, h.room.RefreshDue(t.Context()))
			after := h.look(t, p.ID)
			require.NotEmpty(t, after.RefreshError, name)
			require.Equal(t, p.EntityID, after.EntityID)
			waits = append(waits, after.RefreshAt.Sub(clock.Now()).Round(time.Minute))
			clock.Move(after.RefreshAt.Sub(clock.Now()) + time.Second)
		}
		require.Equal(t, []time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute}, waits)
		_, found, err := h.room.SAMLStart(t.Context(), h.snapshot(t), samlDomain, uuid.New(), clock.Now())
		require.NoError(t, err)
		require.True(t, found, "people still sign in")
		h.peer.Serve(nil)
		require.NoError(t, h.room.RefreshDue(t.Context()))
		require.Empty(t, h.look(t, p.ID).RefreshError)
	})
}

func TestSAMLRefresh_OfManyReplicasOneFetches(t *testing.T) {
	t.Parallel()
	eachSAMLQuietly(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		h := newSAMLHouse(t, env, clock, "shop")
		h.provide(t)
		replica := env.Replica(t)
		clock.Move(samlDay)
		var all sync.WaitGroup
		for _, app := range []*saml.Room{env.App.SAML, replica.App.SAML, env.App.SAML, replica.App.SAML} {
			all.Go(func() { _ = app.RefreshDue(t.Context()) })
		}
		all.Wait()
		require.EqualValues(t, 2, h.peer.Fetches.Load(), "once when it was made, and once since")
	})
}

func TestSAMLRefresh_AProviderThatHangsKeepsNoOtherFromIt(t *testing.T) {
	t.Parallel()
	clock := &testenv.Clock{}
	env := testenv.OnSQLite(t, testenv.Local(), testenv.Quiet(), testenv.WithClock(clock.Now))
	hangs, works := newSAMLHouse(t, env, clock, "hangs"), newSAMLHouse(t, env, clock, "works")
	hangs.provide(t)
	works.provide(t)
	hangs.peer.Serve(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	clock.Move(samlDay)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- env.App.SAML.RefreshDue(ctx) }()
	require.Eventually(t, func() bool { return works.peer.Fetches.Load() == 2 }, saml.FetchTimeout, 5*time.Millisecond, "before the other is given up")
	stop()
	<-done
}

func (h *samlHouse) snapshot(t *testing.T) *tenants.Tenant {
	t.Helper()
	snapshot, err := h.Env.App.Registry.ByID(t.Context(), h.ID)
	require.NoError(t, err)
	return snapshot
}

func parsePEM(t *testing.T, text string) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	require.NotNil(t, block)
	c, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	return c
}

func TestSAML_WhatOperatorsChangeIsOnRecord(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		h := newSAMLHouse(t, env, nil, "shop")
		p := h.provide(t)
		_, err := h.room.Update(t.Context(), tenants.ByCLI, h.ID, p.ID, h.wish())
		require.NoError(t, err)
		_, err = h.room.Rotate(t.Context(), tenants.ByCLI, h.ID)
		require.NoError(t, err)
		require.NoError(t, h.room.Delete(t.Context(), tenants.ByCLI, h.ID, p.ID))
		var kinds []string
		require.Eventually(t, func() bool {
			kinds = nil
			for _, r := range h.Operations(t) {
				if strings.HasPrefix(r.Type, "saml_") {
					kinds = append(kinds, r.Type)
				}
			}
			return len(kinds) == 4
		}, 30*time.Second, 10*time.Millisecond)
		require.Equal(t, []string{"saml_provider_created", "saml_provider_updated", "saml_certificate_rotated", "saml_provider_deleted"}, kinds)
	}, samlEnv)
}

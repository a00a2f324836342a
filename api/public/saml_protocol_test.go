package public_test

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/crewjam/saml"
	"github.com/crewjam/saml/xmlenc"
	"github.com/stretchr/testify/require"

	samlroom "github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestSAMLMetadata_SaysWhatAProviderMustKnow(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		s := newStaff(t, samlTenant(t, env, "shop", `{"service": {"name": "Shop"}}`), samlpeer.New(t))
		r := s.Client().Get(t, "/saml/metadata?domain="+samlDomain)
		require.Equal(t, http.StatusOK, r.Status)
		require.Equal(t, "application/octet-stream", r.Header.Get("Content-Type"))
		require.Equal(t, "attachment; filename=Shop-metadata.xml", r.Header.Get("Content-Disposition"))
		require.True(t, strings.HasPrefix(string(r.Body), "<EntityDescriptor"), "%s", r.Body)
		require.Contains(t, string(r.Body), "\n  <SPSSODescriptor")
		for _, absent := range []string{"SingleLogoutService", "NameIDFormat", "3des", "tripledes", "rsa-1_5", "aes192-cbc"} {
			require.NotContains(t, string(r.Body), absent)
		}
		var d saml.EntityDescriptor
		require.NoError(t, xml.Unmarshal(r.Body, &d))
		require.Equal(t, s.URL(), d.EntityID)
		require.WithinDuration(t, time.Now().Add(7*24*time.Hour), d.ValidUntil, time.Minute)
		sp := d.SPSSODescriptors[0]
		require.False(t, *sp.AuthnRequestsSigned)
		require.True(t, *sp.WantAssertionsSigned)
		require.Equal(t, "urn:oasis:names:tc:SAML:2.0:protocol", sp.ProtocolSupportEnumeration)
		require.Equal(t, []saml.IndexedEndpoint{{Binding: saml.HTTPPostBinding, Location: s.URL() + "/saml/callback", Index: 1}}, sp.AssertionConsumerServices)
		require.Len(t, sp.KeyDescriptors, 2)
		require.Equal(t, "signing", sp.KeyDescriptors[0].Use)
		require.Equal(t, "encryption", sp.KeyDescriptors[1].Use)
		require.Len(t, sp.KeyDescriptors[1].EncryptionMethods, 5)

		c := s.certificate(t)
		der, err := base64.StdEncoding.DecodeString(sp.KeyDescriptors[0].KeyInfo.X509Data.X509Certificates[0].Data)
		require.NoError(t, err)
		require.Equal(t, c.Raw, der)
		require.Equal(t, "Shop", c.Subject.CommonName)
		require.EqualValues(t, 1, c.SerialNumber.Int64())
		require.WithinDuration(t, time.Now().Add(365*24*time.Hour), c.NotAfter, time.Minute)
		require.Equal(t, x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment, c.KeyUsage)
		require.Equal(t, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, c.ExtKeyUsage)
		require.False(t, c.IsCA)
		key, ok := c.PublicKey.(*rsa.PublicKey)
		require.True(t, ok)
		require.Equal(t, 2048, key.N.BitLen())

		r = s.Client().Get(t, "/saml/metadata?cert_only=1&domain="+samlDomain)
		require.Equal(t, "attachment; filename=Shop-service-provider.pem", r.Header.Get("Content-Disposition"))
		for _, path := range []string{"", "?domain=", "?domain=other.example", "?domain=STAFF.example"} {
			r = s.Client().Get(t, "/saml/metadata"+path)
			require.Equal(t, http.StatusNotFound, r.Status, path)
			require.Empty(t, r.Body)
		}
		r = s.Client().Get(t, "/saml/metadata?cert_only=perhaps&domain="+samlDomain)
		require.Equal(t, http.StatusBadRequest, r.Status)
		var odd map[string]any
		r.JSON(t, &odd)
		require.Contains(t, odd, "Code")
		require.Contains(t, odd, "Description")
		require.Contains(t, odd, "Cause")
	}, samlEnv)
}

func TestSAMLAuth_SaysWhyNotWhereTheLinkWas(t *testing.T) {
	t.Parallel()
	s := newStaff(t, samlTenant(t, testenv.OnSQLite(t, samlEnv), "shop"), samlpeer.New(t))
	for name, c := range map[string]struct {
		query url.Values
		from  string
		code  string
		page  string
	}{
		"no domain":        {url.Values{"redirect_to": {samlPage}}, "", "invalid_request", samlPage},
		"no host":          {url.Values{"domain": {"localhost"}, "redirect_to": {samlPage}}, "", "invalid_request", samlPage},
		"no page":          {url.Values{"domain": {samlDomain}}, "", "invalid_request", samlPage},
		"no URL":           {url.Values{"domain": {samlDomain}, "redirect_to": {"page"}}, "", "invalid_request", samlPage},
		"unknown":          {url.Values{"domain": {"other.example"}, "redirect_to": {samlPage}}, "https://shop.example/x?a=1", "invalid_request", "https://shop.example/x"},
		"not allowed":      {url.Values{"domain": {samlDomain}, "redirect_to": {"https://evil.example/"}}, "", "server_error", samlPage},
		"beyond its host":  {url.Values{"domain": {samlDomain}, "redirect_to": {"https://shop.example.evil.example/x"}}, "", "server_error", samlPage},
		"referred by code": {url.Values{"domain": {"other.example"}}, "javascript:alert(1)", "invalid_request", samlPage},
	} {
		r := s.Client().With("Referer", c.from).Get(t, "/saml/auth?"+c.query.Encode())
		require.Equal(t, http.StatusSeeOther, r.Status, name)
		a := readAnswer(t, r)
		require.Equal(t, c.code, a.query.Get("error"), name)
		require.Equal(t, c.page, a.page, name)
		require.NotEmpty(t, a.query.Get("error_description"), name)
		if c.from == "https://shop.example/x?a=1" {
			require.Equal(t, "1", a.query.Get("a"), name)
		}
	}
	for _, page := range []string{samlPage, "https://shop.example/deep/er?x=y", "shopapp://signed-in"} {
		require.NotEmpty(t, s.authorize(t, page))
	}
}

// requestOf reads a request of the redirect binding.
func requestOf(t testing.TB, address string) (*url.URL, saml.AuthnRequest, string) {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	packed, err := base64.StdEncoding.DecodeString(u.Query().Get("SAMLRequest"))
	require.NoError(t, err)
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	require.NoError(t, err)
	var r saml.AuthnRequest
	require.NoError(t, xml.Unmarshal(text, &r))
	return u, r, string(text)
}

func TestSAMLRequest_IsWhatTheProviderExpects(t *testing.T) {
	t.Parallel()
	peer := samlpeer.New(t)
	s := newStaff(t, samlTenant(t, testenv.OnSQLite(t, samlEnv), "shop"), peer)
	u, r, text := requestOf(t, s.authorize(t, samlPage))
	require.Equal(t, peer.URL+"/sso", u.Scheme+"://"+u.Host+u.Path)
	require.True(t, strings.HasPrefix(u.Query().Get("RelayState"), "hanko_spi_"))
	require.Empty(t, u.Query().Get("Signature"))
	require.Regexp(t, `^_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, r.ID)
	require.Equal(t, "2.0", r.Version)
	require.Equal(t, saml.HTTPPostBinding, r.ProtocolBinding)
	require.Equal(t, s.URL()+"/saml/callback", r.AssertionConsumerServiceURL)
	require.Equal(t, peer.URL+"/sso", r.Destination)
	require.Equal(t, s.URL(), r.Issuer.Value)
	require.WithinDuration(t, time.Now(), r.IssueInstant, time.Minute)
	require.Zero(t, r.IssueInstant.Nanosecond())
	require.True(t, *r.NameIDPolicy.AllowCreate)
	require.Nil(t, r.NameIDPolicy.Format)
	require.Nil(t, r.ForceAuthn)
	require.Nil(t, r.RequestedAuthnContext)
	require.NotContains(t, text, "Signature")
	require.NotContains(t, text, "Format=")

	s.Configure(t, `{"saml": {"options": {"force_login": true}}}`)
	_, r, _ = requestOf(t, s.authorize(t, samlPage))
	require.True(t, *r.ForceAuthn)
}

func TestSAMLRequest_IsSignedWhereTheTenantSaysSo(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		peer := samlpeer.New(t, samlpeer.SignedRequests())
		s := newStaff(t, samlTenant(t, env, "shop", `{"saml": {"options": {"sign_authn_requests": true}}}`), peer)
		kim := samlpeer.Emailed("kim-1", "kim@"+samlDomain)
		peer.Add(kim)
		to := s.authorize(t, samlPage)
		signed, text, found := strings.Cut(strings.SplitN(to, "?", 2)[1], "&Signature=")
		require.True(t, found)
		require.Contains(t, signed, "SigAlg="+url.QueryEscape("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"))
		text, err := url.QueryUnescape(text)
		require.NoError(t, err)
		signature, err := base64.StdEncoding.DecodeString(text)
		require.NoError(t, err)
		key, ok := s.certificate(t).PublicKey.(*rsa.PublicKey)
		require.True(t, ok)
		sum := sha256.Sum256([]byte(signed))
		require.NoError(t, rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature))
		require.Equal(t, http.StatusFound, readAnswer(t, s.post(t, peer.SignIn(t, to, kim).Values)).status, "the peer takes signed requests only")
	}, samlEnv)
}

func TestSAMLRequest_GoesByPostWhereTheProviderTakesNothingElse(t *testing.T) {
	t.Parallel()
	for _, signed := range []bool{false, true} {
		options := []samlpeer.Option{samlpeer.PostOnly()}
		patch := `{}`
		if signed {
			options, patch = append(options, samlpeer.SignedRequests()), `{"saml": {"options": {"sign_authn_requests": true}}}`
		}
		peer := samlpeer.New(t, options...)
		s := newStaff(t, samlTenant(t, testenv.OnSQLite(t, samlEnv), "shop", patch), peer)
		kim := samlpeer.Emailed("kim-1", "kim@"+samlDomain)
		peer.Add(kim)
		to := s.authorize(t, samlPage)
		path, ours := strings.CutPrefix(to, s.URL())
		require.True(t, ours, to)
		page := s.Client().Get(t, path)
		require.Equal(t, http.StatusOK, page.Status)
		require.Contains(t, page.Header.Get("Content-Security-Policy"), "form-action "+peer.URL+";")
		form := samlpeer.ReadForm(t, string(page.Body))
		require.Equal(t, peer.URL+"/sso", form.Action)
		a := readAnswer(t, s.post(t, peer.Post(t, form, kim).Values))
		require.Equal(t, http.StatusFound, a.status, a.query)

		require.Equal(t, http.StatusNotFound, s.Client().Get(t, path[:len(path)-4]).Status, "it was changed")
		other := samlTenant(t, s.Env, "other")
		require.Equal(t, http.StatusNotFound, other.Client().Get(t, path).Status, "it is another tenant's")
	}
}

func TestSAMLResponse_IsTakenInEveryFormThatHonestProvidersSend(t *testing.T) {
	t.Parallel()
	s := attacked(t, testenv.OnSQLite(t, samlEnv))
	oaep := func(cipher xmlenc.BlockCipher) xmlenc.Encrypter {
		e := xmlenc.OAEP()
		e.BlockCipher = cipher
		return e
	}
	sha256 := xmlenc.OAEP_SHA256()
	sha256.BlockCipher = xmlenc.AES128GCM
	for name, change := range map[string]func(*samlpeer.Forgery){
		"both are signed":       func(*samlpeer.Forgery) {},
		"the response":          func(f *samlpeer.Forgery) { f.BareAssertion = true },
		"the assertion":         func(f *samlpeer.Forgery) { f.BareResponse = true },
		"without certificate":   func(f *samlpeer.Forgery) { f.NoKeyInfo = true },
		"SHA-512":               func(f *samlpeer.Forgery) { f.Method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" },
		"clocks differ a bit":   func(f *samlpeer.Forgery) { f.At = time.Now().Add(3 * time.Second) },
		"encrypted":             func(f *samlpeer.Forgery) { f.EncryptFor = s.certificate(t) },
		"encrypted, one signed": func(f *samlpeer.Forgery) { f.EncryptFor, f.BareResponse = s.certificate(t), true },
		"AES-128-GCM":           func(f *samlpeer.Forgery) { f.EncryptFor, f.Encrypter = s.certificate(t), oaep(xmlenc.AES128GCM) },
		"AES-192-GCM":           func(f *samlpeer.Forgery) { f.EncryptFor, f.Encrypter = s.certificate(t), oaep(xmlenc.AES192GCM) },
		"AES-128-CBC":           func(f *samlpeer.Forgery) { f.EncryptFor, f.Encrypter = s.certificate(t), oaep(xmlenc.AES128CBC) },
		"AES-256-CBC":           func(f *samlpeer.Forgery) { f.EncryptFor, f.Encrypter = s.certificate(t), oaep(xmlenc.AES256CBC) },
		"OAEP with SHA-256":     func(f *samlpeer.Forgery) { f.EncryptFor, f.Encrypter = s.certificate(t), sha256 },
		"more audiences": func(f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) {
				a.Conditions.AudienceRestrictions[0].AdditionalAudiences = []saml.Audience{{Value: "https://other.example"}}
			}
		},
		"no audience": func(f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) { a.Conditions.AudienceRestrictions = nil }
		},
	} {
		f := s.honest()
		change(&f)
		a := readAnswer(t, s.post(t, url.Values{"SAMLResponse": {s.peer.Forge(t, f)}}))
		require.Equal(t, http.StatusFound, a.status, "%s: %s", name, a.query)
	}
	require.Equal(t, 1, s.Count(t, "users"))

	raw, err := base64.StdEncoding.DecodeString(s.peer.Forge(t, s.honest()))
	require.NoError(t, err)
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	require.NoError(t, err)
	_, err = w.Write(raw)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	a := readAnswer(t, s.post(t, url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString(packed.Bytes())}}))
	require.Equal(t, http.StatusFound, a.status, "deflated")
}

func TestSAMLResponse_AttributesGoWhereTheMapSays(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		peer := samlpeer.New(t)
		s := newStaff(t, samlTenant(t, env, "shop"), peer)
		w := samlroom.Wish{Name: "My Auth0", Domain: samlDomain, MetadataURL: peer.MetadataURL(), Enabled: true}
		w.AttributeMap.Email, w.AttributeMap.Phone, w.AttributeMap.ZoneInfo = "mail", "tel", "zone"
		p, err := env.App.SAML.Update(t.Context(), tenants.BySystem, s.ID, s.provider.ID, w)
		require.NoError(t, err)
		require.Equal(t, map[string]string{"email": "mail", "phone": "tel", "zone_info": "zone"}, p.AttributeMap)

		const usual = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
		kim := samlpeer.Person{NameID: "kim-1", Attributes: map[string]string{
			"mail": " Kim@" + samlDomain + " ", "tel": "123", "zone": "Europe/Berlin", usual + "name": "Kim Possible", usual + "givenname": "Kim",
			"http://schemas.auth0.com/email_verified": "true", "http://schemas.auth0.com/nickname": "kimmie", "department": "rescue",
		}}
		f := samlpeer.Forgery{ACS: s.URL() + "/saml/callback", Audience: s.URL(), Person: kim}
		a := readAnswer(t, s.post(t, url.Values{"SAMLResponse": {peer.Forge(t, f)}}))
		require.Equal(t, http.StatusFound, a.status, a.query)
		claims := s.Claims(t, peer.EntityID(), "kim-1")
		for _, part := range []string{
			`"email":"kim@` + samlDomain + `"`, `"email_verified":true`, `"phone":"123"`, `"phone_verified":`, `"zoneinfo":"Europe/Berlin"`,
			`"name":"Kim Possible"`, `"given_name":"Kim"`, `"nickname":"kimmie"`, `"custom_claims":{"department":"rescue"}`, `"sub":"kim-1"`,
			`"aud":"` + s.URL() + `"`,
		} {
			if part == `"phone_verified":` {
				require.NotContains(t, claims, part)
				continue
			}
			require.Contains(t, claims, part)
		}
	}, samlEnv)
}

func TestSAMLResponse_OptionsOfTheTenant(t *testing.T) {
	t.Parallel()
	clock := &testenv.Clock{}
	s := attacked(t, testenv.OnSQLite(t, samlEnv, testenv.WithClock(clock.Now)))
	encrypted := func() samlpeer.Forgery {
		f := s.honest()
		f.At, f.EncryptFor = clock.Now(), s.certificate(t)
		return f
	}
	// The peer's certificate has to outlive the clock.
	s.peer.Key, s.peer.Certificate = samlpeer.NewCertificate(t, time.Now().Add(-time.Hour), time.Now().Add(1000*24*time.Hour))
	_, err := s.Env.App.SAML.Update(t.Context(), tenants.BySystem, s.ID, s.provider.ID, samlroom.Wish{
		Name: "Staff", Domain: samlDomain, Enabled: true, SkipEmailVerification: true,
		MetadataXML: string(s.peer.Describe(t, func(d *saml.EntityDescriptor) {
			d.ValidUntil = time.Time{}
			d.IDPSSODescriptors[0].KeyDescriptors[0].KeyInfo.X509Data.X509Certificates[0].Data = base64.StdEncoding.EncodeToString(s.peer.Certificate.Raw)
		})),
	})
	require.NoError(t, err)
	late := encrypted()
	clock.Move(366 * 24 * time.Hour)
	late.At = clock.Now()
	require.Equal(t, http.StatusFound, readAnswer(t, s.post(t, url.Values{"SAMLResponse": {s.peer.Forge(t, late)}})).status, "ours has ended, and nobody minds")
	s.Configure(t, `{"saml": {"options": {"validate_encryption_cert": true}}}`)
	s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, late)}})
}

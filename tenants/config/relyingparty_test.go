package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValidate_AcceptsRelatedOriginsAndApps(t *testing.T) {
	t.Parallel()

	for _, in := range []string{
		`{"webauthn":{"relying_party":{"id":"shop.example","origins":["android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck","chrome-extension://abcdefghijklmnopabcdefghijklmnop"]}}}`,
		`{"webauthn":{"relying_party":{"id":"shop.example","origins":["https://shop.example","https://shop.de","https://www.shop.co.uk","https://b.example","https://c.example","https://d.github.io","https://e.example:8443","https://www.e.example"]}}}`,
		`{"webauthn":{"relying_party":{"id":"localhost","origins":["http://localhost:8888","http://app.localhost:3000","https://localhost"]}}}`,
	} {
		c := decode(t, in)
		require.Empty(t, c.ValidateSingle(), in)
	}
}

func TestValidate_RefusesOriginsThatBrowsersWouldRefuse(t *testing.T) {
	t.Parallel()

	for in, want := range map[string]string{
		`{"webauthn":{"relying_party":{"id":"shop.example","origins":["http://bank.example"]}}}`:                                                                                                                        "webauthn.relying_party.origins[0]: \"http://bank.example\" is neither shop.example nor one of its subdomains, and only https:// origins can be related",
		`{"webauthn":{"relying_party":{"id":"shop.example","origins":["http://localhost:3000"]}}}`:                                                                                                                      "webauthn.relying_party.origins[0]: \"http://localhost:3000\" is neither shop.example nor one of its subdomains, and only https:// origins can be related",
		`{"webauthn":{"relying_party":{"id":"shop.example","origins":["https://192.0.2.1"]}}}`:                                                                                                                          "webauthn.relying_party.origins[0]: \"https://192.0.2.1\" is neither shop.example nor one of its subdomains, and has no domain of its own",
		`{"webauthn":{"relying_party":{"id":"shop.example","origins":["https://github.io"]}}}`:                                                                                                                          "webauthn.relying_party.origins[0]: \"https://github.io\" is neither shop.example nor one of its subdomains, and has no domain of its own",
		`{"webauthn":{"relying_party":{"id":"localhost","origins":["https://shop.example"]}}}`:                                                                                                                          "webauthn.relying_party.origins[0]: \"https://shop.example\" is not related to localhost: browsers look for the list of related origins at https://localhost/.well-known/webauthn",
		`{"webauthn":{"relying_party":{"id":"shop.example","origins":["https://*.shop.example"]}}}`:                                                                                                                     "webauthn.relying_party.origins[0]: must name one host",
		`{"webauthn":{"relying_party":{"id":"shop.example","origins":["https://shop.example","https://b.example","https://c.example","https://d.example","https://e.example","https://e.co.uk","https://f.example"]}}}`: "webauthn.relying_party.origins[6]: \"https://f.example\" has a sixth name: browsers read the related origins at https://shop.example/.well-known/webauthn",
		`{"webauthn":{"relying_party":{"id":"shop.example","origins":["android:apk-key-hash:abc"]}}}`:                                                                                                                   "webauthn.relying_party.origins[0]: must be android:apk-key-hash: and the SHA-256 of the app's signing certificate",
		`{"webauthn":{"relying_party":{"id":"shop.example","origins":["android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS+0H1xKCQcfIoGLck"]}}}`:                                                                           "webauthn.relying_party.origins[0]: must be android:apk-key-hash:",
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()

			c := decode(t, in)
			problems := c.Validate()
			require.Len(t, problems, 1, "%v", problems)
			require.True(t, strings.HasPrefix(problems[0].String(), want), problems[0].String())
		})
	}
}

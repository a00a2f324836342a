package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/password"
	"github.com/latchkeep/latchkeep/pkg/totp"
)

// FuzzReader imports whatever file: it is read to an end, an account that is accepted is one that signing in could deal with, and what is wrong is
// said without quoting the file.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		``, `[]`, `[`, `{}`, `[null]`, `[{}]`, `[{"username":"nomail"},{"username":7}]`, `[{"emails":[{"address":"kim@shop.example","is_primary":true}]}] trailing`,
		`[{"user_id":"3f1c2a44-6b1e-4a0c-9d53-0c8f6f2b7a10","emails":[{"address":"a@b.example"},{"address":"A@b.example"}],"otp_secret":{"secret":"JBSWY3DPEHPK3PXP"}}]`,
		`[{"username":"kim","password":{"password":"$2a$10$0/3CaWSFg7piExmq1u6vk.hcGy679sGoiQE/TftsNhQjjeVVtyaSS"},"created_at":"0000-01-01T00:00:00Z"}]`,
		`[{"username":"kim","webauthn_credentials":[{"id":"Y3JlZC0x","public_key":"cHVibGljLWtleQ","sign_count":-1,"transports":["usb"],"user_handle":"x"}]}]`,
		`[{"username":"ki\u0000m","metadata":{"public_metadata":[],"unsafe_metadata":{"a":1e999}}}]`, "[{\"username\":\"\xff\"}]", strings.Repeat("[", 9999),
		`[{"password":{"password":"$argon2id$v=19$m=4294967295,t=9,p=9$AAAA$AAAA"},"username":"x"}]`, `[{"emails":[],"emails":[{"address":"hush"}]}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r := NewReader(bytes.NewReader(file))
		for n := 1; ; n++ {
			a, err := r.Next()
			var refused *EntryError
			switch {
			case errors.As(err, &refused):
				require.Equal(t, n, refused.Number)
				require.NotEmpty(t, refused.Reasons)
				require.NotContains(t, err.Error(), "hush")
				continue
			case err != nil:
				_, again := r.Next()
				require.Equal(t, err, again)
				var malformed *FormatError
				require.True(t, errors.Is(err, io.EOF) || errors.As(err, &malformed), "%v", err)
				require.NotContains(t, err.Error(), "hush")
				return
			}
			require.LessOrEqual(t, n, len(file))
			requireUsable(t, a)
		}
	})
}

// requireUsable checks what everything that reads accounts relies on.
func requireUsable(t *testing.T, a Account) {
	t.Helper()
	require.True(t, len(a.Emails) > 0 || a.Username != nil, "she can be found")
	primary := 0
	for _, e := range a.Emails {
		require.Equal(t, strings.ToLower(e.Address), e.Address)
		require.True(t, user.IsAddress(e.Address), "%q", e.Address)
		if e.IsPrimary {
			primary++
		}
	}
	require.LessOrEqual(t, primary, 1)
	if a.Username != nil {
		require.Equal(t, strings.TrimSpace(strings.ToLower(a.Username.Name)), a.Username.Name)
	}
	if a.Password != nil {
		require.NoError(t, password.Check(a.Password.Hash))
	}
	if a.TOTP != nil {
		require.True(t, totp.Valid(a.TOTP.Secret))
	}
	for _, c := range a.Credentials {
		require.LessOrEqual(t, len(c.CredentialID), maxCredentialID)
		require.NotEmpty(t, c.CredentialID)
		require.LessOrEqual(t, len(c.UserHandle), maxUserHandle)
	}
	for _, text := range []string{a.Name, a.GivenName, a.FamilyName, a.Picture, a.Metadata.Public, a.Metadata.Private, a.Metadata.Unsafe} {
		require.True(t, utf8.ValidString(text))
		require.NotContains(t, text, "\x00")
	}
	for _, text := range []string{a.Metadata.Public, a.Metadata.Private, a.Metadata.Unsafe} {
		require.True(t, text == "" || json.Valid([]byte(text)), text)
	}
	filled := a.filled(time.Now())
	require.NotEqual(t, uuid.Nil, filled.ID)
	require.False(t, filled.CreatedAt.IsZero())
}

// FuzzConvertFirebase converts whatever file with whatever parameters: whoever comes out of it can be imported, and everybody is counted.
func FuzzConvertFirebase(f *testing.F) {
	const parameters = `{"algorithm":"SCRYPT","base64_signer_key":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==",` +
		`"base64_salt_separator":"Bw==","rounds":8,"mem_cost":12}`
	for _, seed := range []string{
		`{"users":[{"localId":"x","email":"kim@shop.example","passwordHash":"3YNDvw1CkvYol72BG5qwTDVV6vU7wbLfPDreeHQKVG1WUjtWwNKJ+EMY2Cp+ZuPiR558VhIH5p53yTJ9SqUYAg==","salt":"c3BlYy1zYWx0LTAx","createdAt":"1"}]}`,
		`{}`, `[]`, `{"users":[1,{},null]}`, `{"users":{}}`, `{"a":[[[]]],"users":[{"email":"x"}],"users":[]}`, `{"users":[{"email":"a@b.de","createdAt":"9999999999999999"}]}`, ``,
		`{"users":[{"email":"a@b.de","passwordHash":"_-","salt":"="}]}`,
	} {
		f.Add([]byte(seed), []byte(parameters))
	}
	f.Add([]byte(`{}`), []byte(`{"algorithm":"SCRYPT","rounds":-1}`))
	f.Add([]byte(`{}`), []byte(`null`))
	good, err := ReadFirebaseHash(strings.NewReader(parameters))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, file, parameters []byte) {
		hash, err := ReadFirebaseHash(bytes.NewReader(parameters))
		if err != nil {
			hash = good
		}
		require.NoError(t, password.Check(hash.text("AAAA", "AAAA")))
		var out, refused bytes.Buffer
		count, err := ConvertFirebase(t.Context(), bytes.NewReader(file), Conversion{Hash: hash, To: &out, Refused: &refused, Workers: 2, Warn: func(string) {}})
		if err != nil {
			return
		}
		require.Equal(t, count.Refused, strings.Count(refused.String(), "\n"))
		require.LessOrEqual(t, count.WithoutPassword, count.People)
		if count.People == 0 {
			return
		}
		people := 0
		for r := NewReader(&out); ; people++ {
			a, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, "what is converted can be imported: %s", file)
			requireUsable(t, a)
		}
		require.Equal(t, count.People, people)
	})
}

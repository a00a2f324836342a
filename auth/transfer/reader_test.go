package transfer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/transfer"
)

const (
	bcryptHash = "$2a$10$0/3CaWSFg7piExmq1u6vk.hcGy679sGoiQE/TftsNhQjjeVVtyaSS" // correct horse
	argonHash  = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"
	fbHash     = "$fbscrypt$v=1,n=12,r=8,p=1,ss=Bw==,sk=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==" +
		"$c3BlYy1zYWx0LTAx$3YNDvw1CkvYol72BG5qwTDVV6vU7wbLfPDreeHQKVG1WUjtWwNKJ+EMY2Cp+ZuPiR558VhIH5p53yTJ9SqUYAg=="
)

// example is that of the specification: import-export §1.8.
const example = `[
  {"user_id":"3f1c2a44-6b1e-4a0c-9d53-0c8f6f2b7a10",
   "emails":[{"address":"mira@example.org","is_primary":true,"is_verified":true},{"address":"m.work@example.org","is_primary":false,"is_verified":false}],
   "username":"mira",
   "password":{"password":"` + bcryptHash + `","created_at":"2023-05-01T10:00:00Z"},
   "otp_secret":{"secret":"JBSWY3DPEHPK3PXP"},
   "webauthn_credentials":[{"id":"Y3JlZC0x","public_key":"cHVibGljLWtleQ","attestation_type":"none","transports":["internal","hybrid"],` +
	`"sign_count":4,"backup_eligible":true,"backup_state":true,"user_handle":"legacy-17"}],
   "created_at":"2022-01-02T03:04:05Z"},
  {"username":"nomail"}
]`

// read reads all of an input: the accounts, what is wrong with entries, and why reading ended.
func read(t testing.TB, input string) (accounts []transfer.Account, wrong []string, ended error) {
	t.Helper()
	r := transfer.NewReader(strings.NewReader(input))
	for {
		a, err := r.Next()
		var refused *transfer.EntryError
		switch {
		case errors.As(err, &refused):
			wrong = append(wrong, refused.Error())
		case errors.Is(err, io.EOF):
			return accounts, wrong, nil
		case err != nil:
			_, again := r.Next()
			require.Equal(t, err, again, "reading does not go on after a fatal error")
			return accounts, wrong, err
		default:
			accounts = append(accounts, a)
		}
	}
}

// one reads an input of one entry that is accepted.
func one(t testing.TB, entry string) transfer.Account {
	t.Helper()
	accounts, wrong, err := read(t, "["+entry+"]")
	require.NoError(t, err, entry)
	require.Empty(t, wrong, entry)
	require.Len(t, accounts, 1)
	return accounts[0]
}

func TestReader_ReadsTheExample(t *testing.T) {
	t.Parallel()

	accounts, wrong, err := read(t, example)
	require.NoError(t, err)
	require.Empty(t, wrong)
	require.Len(t, accounts, 2)
	mira := accounts[0]
	require.Equal(t, "3f1c2a44-6b1e-4a0c-9d53-0c8f6f2b7a10", mira.ID.String())
	require.Equal(t, "mira", mira.Username.Name)
	require.Equal(t, "mira@example.org", mira.Emails[0].Address)
	require.True(t, mira.Emails[0].IsPrimary && mira.Emails[0].IsVerified)
	require.False(t, mira.Emails[1].IsPrimary || mira.Emails[1].IsVerified)
	require.Equal(t, bcryptHash, mira.Password.Hash)
	require.Equal(t, time.Date(2023, 5, 1, 10, 0, 0, 0, time.UTC), mira.Password.CreatedAt)
	require.Zero(t, mira.Password.UpdatedAt)
	require.Equal(t, "JBSWY3DPEHPK3PXP", mira.TOTP.Secret)
	require.Equal(t, time.Date(2022, 1, 2, 3, 4, 5, 0, time.UTC), mira.CreatedAt)
	require.Zero(t, mira.UpdatedAt)
	key := mira.Credentials[0]
	require.Equal(t, "cred-1", string(key.CredentialID))
	require.Equal(t, "public-key", string(key.PublicKey))
	require.Equal(t, []string{"internal", "hybrid"}, key.Transports)
	require.EqualValues(t, 4, key.SignCount)
	require.True(t, *key.BackupEligible && *key.BackupState && !key.MFAOnly)
	require.Equal(t, "legacy-17", string(key.UserHandle))
	require.Equal(t, uuid.Nil, key.AAGUID)
	require.Equal(t, "nomail", accounts[1].Username.Name)
	require.Equal(t, uuid.Nil, accounts[1].ID)
}

func TestReader_TheInput(t *testing.T) {
	t.Parallel()

	for input, people := range map[string]int{
		`[]`:                                                0,
		` [ ] `:                                             0,
		`[{"username":"a"}] and more`:                       1,
		`[{"username":"a"}][`:                               1,
		`[{"USERNAME":"a","UnKnown":{"x":[1]}}]`:            1,
		`[{"username":"a","emails":null}]`:                  1,
		`[{"username":"a","created_at":null}]`:              1,
		`[{"username":"a"},{"username":"b"}]`:               2,
		`[{"username":"q","emails":null,"password":null}]`:  1,
		`[{"emails":[],"username":"u2"},{"username":"u1"}]`: 2,
	} {
		accounts, wrong, err := read(t, input)
		require.NoError(t, err, input)
		require.Empty(t, wrong, input)
		require.Len(t, accounts, people, input)
	}
	for _, input := range []string{``, ` `, `null`, `"x"`, `7`, `{}`, `{"username":"a"}`, `[`, `[{"username":"a"}`, `[{"username":"a"},`,
		`[{"username":"a"},]`, `[{"username":"a"} {"username":"b"}]`, `[{"username":`, `nonsense`, `[{]`} {
		_, _, err := read(t, input)
		require.Error(t, err, input)
		var format *transfer.FormatError
		require.ErrorAs(t, err, &format, input)
	}
}

func TestReader_StopsAtATypeError(t *testing.T) {
	t.Parallel()

	for _, entry := range []string{
		`7`, `"x"`, `[]`, `true`,
		`{"user_id":7}`, `{"username":[]}`, `{"emails":{}}`, `{"emails":["a@b.co"]}`, `{"emails":[{"address":1}]}`,
		`{"emails":[{"address":"a@b.co","is_primary":"yes"}]}`,
		`{"created_at":"yesterday"}`, `{"updated_at":7}`, `{"created_at":"2022-01-02 03:04:05"}`,
		`{"password":"x"}`, `{"otp_secret":[]}`,
		`{"webauthn_credentials":[{"aaguid":"nonsense"}]}`, `{"webauthn_credentials":[{"sign_count":1.5}]}`,
		`{"webauthn_credentials":[{"last_used_at":"x"}]}`, `{"webauthn_credentials":[{"transports":"usb"}]}`,
	} {
		accounts, wrong, err := read(t, `[{"username":"a"},{"username":""},`+entry+`,{"username":"never read"}]`)
		require.Len(t, accounts, 1, entry)
		require.Len(t, wrong, 1, entry)
		require.ErrorContains(t, err, "Error at entry 3 : ", entry)
	}
}

func TestReader_GoesOnAfterARefusedEntry(t *testing.T) {
	t.Parallel()

	accounts, wrong, err := read(t, `[{"username":"a"},{"username":""},{"emails":[{"address":"zz"}]}]`)
	require.NoError(t, err)
	require.Len(t, accounts, 1)
	require.Equal(t, []string{
		"Error at entry 2 : Username must have at least 1 character",
		"Error at entry 3 : Address must be an e-mail address and Emails must have exactly one that is primary, not 0",
	}, wrong)
}

// credential is an entry with a WebAuthn credential of these members besides the required ones.
func credential(members string) string {
	return `{"username":"a","webauthn_credentials":[{"id":"YQ","public_key":"YQ","attestation_type":"none"` + members + `}]}`
}

func TestReader_RefusesWhatBreaksARule(t *testing.T) {
	t.Parallel()

	long := strings.Repeat("x", 256)
	primary := `{"address":"a@b.co","is_primary":true}`
	for entry, reason := range map[string]string{
		`{}`:                          "Username is required when there are no Emails",
		`null`:                        "Username is required when there are no Emails",
		`{"emails":[]}`:               "Username is required when there are no Emails",
		`{"emails":null}`:             "Username is required when there are no Emails",
		`{"username":""}`:             "Username must have at least 1 character",
		`{"username":"  "}`:           "Username must have at least 1 character",
		`{"username":"` + long + `"}`: "Username must have at most 255 characters",
		`{"username":"a\u0000b"}`:     "Username must not have a NUL character",
		`{"username":"","emails":[` + primary + `]}`:                                                         "Username must have at least 1 character",
		`{"username":"a","user_id":"x"}`:                                                                     "UserID must be a UUID",
		`{"username":"a","user_id":"3f1c2a446b1e4a0c9d530c8f6f2b7a10"}`:                                      "UserID must be a UUID",
		`{"username":"a","user_id":"{3f1c2a44-6b1e-4a0c-9d53-0c8f6f2b7a10}"}`:                                "UserID must be a UUID",
		`{"username":"a","user_id":"00000000-0000-0000-0000-000000000000"}`:                                  "UserID must not be all zero",
		`{"emails":[{"address":"a@b.co"}]}`:                                                                  "Emails must have exactly one that is primary, not 0",
		`{"emails":[` + primary + `,{"address":"c@b.co","is_primary":true}]}`:                                "Emails must have exactly one that is primary, not 2",
		`{"emails":[` + primary + `,{"address":"a@b.co"}]}`:                                                  "Emails must be unique by address, whatever the case",
		`{"emails":[` + primary + `,{"address":"A@B.co"}]}`:                                                  "Emails must be unique by address, whatever the case",
		`{"emails":[{"is_primary":true}]}`:                                                                   "Address must be an e-mail address",
		`{"username":"a","password":{}}`:                                                                     "Password is required",
		`{"username":"a","password":{"password":""}}`:                                                        "Password is required",
		`{"username":"a","password":{"password":"correct horse"}}`:                                           "Password must be a hash of",
		`{"username":"a","password":{"password":"$2x$10$` + bcryptHash[7:] + `"}}`:                           "Password must be a hash of",
		`{"username":"a","password":{"password":"$1$abc"}}`:                                                  "Password must be a hash of",
		`{"username":"a","password":{"password":"$2a$bogus"}}`:                                               "Password cannot be used",
		`{"username":"a","password":{"password":"$2a$31$` + bcryptHash[7:] + `"}}`:                           "Password cannot be used",
		`{"username":"a","password":{"password":"$fbscrypt$v=2,n=12,r=8,p=1$YQ==$YQ=="}}`:                    "Password cannot be used",
		`{"username":"a","password":{"password":"$fbscrypt$v=1,n=21,r=8,p=1$YQ==$YQ=="}}`:                    "Password cannot be used",
		`{"username":"a","password":{"password":"$fbscrypt$v=1,n=12,r=65,p=1$YQ==$YQ=="}}`:                   "Password cannot be used",
		`{"username":"a","password":{"password":"$fbscrypt$v=1,n=12,r=8,p=17$YQ==$YQ=="}}`:                   "Password cannot be used",
		`{"username":"a","otp_secret":{}}`:                                                                   "Secret is required",
		`{"username":"a","otp_secret":{"secret":""}}`:                                                        "Secret is required",
		`{"username":"a","otp_secret":{"secret":"not base32!"}}`:                                             "Secret must be base32",
		`{"username":"a","otp_secret":{"secret":"` + strings.Repeat("A", 256) + `"}}`:                        "Secret must have at most 255 characters",
		`{"username":"a","webauthn_credentials":[{"public_key":"YQ","attestation_type":"none"}]}`:            "ID is required",
		`{"username":"a","webauthn_credentials":[{"id":"YQ","attestation_type":"none"}]}`:                    "PublicKey is required",
		`{"username":"a","webauthn_credentials":[{"id":"YQ","public_key":"YQ"}]}`:                            "AttestationType is required",
		`{"username":"a","webauthn_credentials":[null]}`:                                                     "ID is required",
		`{"username":"a","webauthn_credentials":[{"id":"a b","public_key":"YQ","attestation_type":"none"}]}`: "ID must be base64url",
		`{"username":"a","webauthn_credentials":[{"id":"YQ","public_key":"YQ","attestation_type":"none"},` +
			`{"id":"YQ","public_key":"YQ","attestation_type":"none"}]}`: "WebauthnCredentials must be unique by id",
		credential(`,"sign_count":-1`):                                                              "SignCount must be from 0 to 4294967295",
		credential(`,"sign_count":4294967296`):                                                      "SignCount must be from 0 to 4294967295",
		credential(`,"transports":["usb","usb"]`):                                                   "Transports must be unique",
		credential(`,"mfa_only":true,"user_handle":"h"`):                                            "UserHandle must be absent when mfa_only is true",
		credential(`,"user_handle":""`):                                                             "UserHandle must have 1 to 64 bytes",
		credential(`,"user_handle":"` + long[:65] + `"`):                                            "UserHandle must have 1 to 64 bytes",
		credential(`,"name":"` + long + `"`):                                                        "Name must have at most 255 characters",
		`{"username":"a","metadata":{"public_metadata":[]}}`:                                        "PublicMetadata must be a JSON object",
		`{"username":"a","metadata":{"private_metadata":7}}`:                                        "PrivateMetadata must be a JSON object",
		`{"username":"a","metadata":{"unsafe_metadata":"x"}}`:                                       "UnsafeMetadata must be a JSON object",
		`{"username":"a","metadata":{"unsafe_metadata":{"x":"` + strings.Repeat("ü", 2993) + `"}}}`: "UnsafeMetadata must have at most 3000 characters",
		`{"username":"a","created_at":"0099-01-01T00:00:00Z"}`:                                      "CreatedAt must be in the years",
	} {
		accounts, wrong, err := read(t, "["+entry+"]")
		require.NoError(t, err, entry)
		require.Empty(t, accounts, entry)
		require.Len(t, wrong, 1, entry)
		require.Contains(t, wrong[0], "Error at entry 1 : ", entry)
		require.Contains(t, wrong[0], reason, entry)
	}
}

func TestReader_Addresses(t *testing.T) {
	t.Parallel()

	quoted := func(address string) string {
		text, err := json.Marshal(address)
		require.NoError(t, err)
		return fmt.Sprintf(`[{"emails":[{"address":%s,"is_primary":true}]}]`, text)
	}
	for _, address := range []string{"a@b.co", "A.B+c@X.Org", "a'b@x.org", `"a b"@x.org`, "üni@x.org", "a@xn--bcher-kva.example", "a@bücher.example"} {
		accounts, wrong, err := read(t, quoted(address))
		require.NoError(t, err, address)
		require.Empty(t, wrong, address)
		require.Equal(t, strings.ToLower(address), accounts[0].Emails[0].Address)
	}
	for _, address := range []string{"", "a@b", "a@localhost", "a@1.2.3.4", "a@-b.co", "a@b-.co", "a@b..co", ".a@x.org", "a..b@x.org", "a.@x.org",
		" a@b.co", "a@b.co ", "a b@x.org", "@b.co", "a@", "a", "a@b.co,c@d.co", "Kim <a@b.co>", "<a@b.co>", "a@[1.2.3.4]", "a@b.co\n", "a\x00@b.co",
		"a(x)@b.co", "a@b.co(x)", strings.Repeat("x", 251) + "@b.co", "a@" + strings.Repeat("x", 64) + ".co"} {
		_, wrong, err := read(t, quoted(address))
		require.NoError(t, err, address)
		require.Len(t, wrong, 1, address)
		require.Contains(t, wrong[0], "Address must be an e-mail address", address)
	}
}

func TestReader_AcceptsWhatTheReferenceDidNot(t *testing.T) {
	t.Parallel()

	require.Equal(t, "bad name!", one(t, `{"username":" Bad Name! "}`).Username.Name, "lower case and trimmed, so that she can sign in")
	for _, hash := range []string{bcryptHash, "$2b$" + bcryptHash[4:], "$2y$" + bcryptHash[4:], fbHash, argonHash} {
		require.Equal(t, hash, one(t, `{"username":"a","password":{"password":"`+hash+`"}}`).Password.Hash)
	}
	for _, aaguid := range []string{"00000000-0000-0000-0000-000000000000", "ee882879-721c-4913-9775-3dfcce97072a", "ee882879721c191397753dfcce97072a",
		"urn:uuid:0198c5a0-0000-7000-8000-000000000000"} {
		require.Equal(t, uuid.MustParse(aaguid), one(t, credential(`,"aaguid":"`+aaguid+`"`)).Credentials[0].AAGUID)
	}
	require.Equal(t, "JBSWY3DPEHPK3PXP", one(t, `{"username":"a","otp_secret":{"secret":"jbswy3dpehpk3pxp===="}}`).TOTP.Secret)
	a := one(t, `{"username":"a","metadata":{"public_metadata":{ "x" : [1, 2] },"private_metadata":{},"unsafe_metadata":null},"updated_at":"2024-01-02T03:04:05.123456789+02:00",
		"name":"Kim K","given_name":"Kim","family_name":"K","picture":"https://x.example/p","blocked_at":"2024-01-01T00:00:00Z","user_id":"3F1C2A44-6B1E-1A0C-9D53-0C8F6F2B7A10"}`)
	require.Equal(t, `{"x":[1,2]}`, a.Metadata.Public)
	require.Empty(t, a.Metadata.Private+a.Metadata.Unsafe)
	require.Equal(t, time.Date(2024, 1, 2, 1, 4, 5, 123456000, time.UTC), a.UpdatedAt)
	require.Equal(t, []string{"Kim K", "Kim", "K", "https://x.example/p"}, []string{a.Name, a.GivenName, a.FamilyName, a.Picture})
	require.NotNil(t, a.BlockedAt)
	require.Equal(t, "3f1c2a44-6b1e-1a0c-9d53-0c8f6f2b7a10", a.ID.String())
}

func TestReader_DoesNotQuoteTheInput(t *testing.T) {
	t.Parallel()

	for _, entry := range []string{
		`{"username":"a","password":{"password":"hunter2"}}`, `{"username":"a","otp_secret":{"secret":"hunter2!"}}`,
		`{"password":{"password":["hunter2"]}}`, `{"created_at":"hunter2"}`, `{"webauthn_credentials":[{"aaguid":"hunter2"}]}`,
		`{"password":{"password":hunter2}}`,
	} {
		_, wrong, err := read(t, "["+entry+"]")
		require.NotContains(t, fmt.Sprint(wrong, err), "hunter2")
		require.True(t, err != nil || len(wrong) == 1)
	}
}

// endless is an entry that does not end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	text := strings.Repeat("x", len(p))
	if e.read == 0 {
		text = `[{"username":"` + text
	}
	n := copy(p, text)
	e.read += n
	return n, nil
}

func TestReader_BoundsAnEntry(t *testing.T) {
	t.Parallel()

	input := &endless{}
	_, err := transfer.NewReader(input).Next()
	require.ErrorContains(t, err, "Error at entry 1 : the entry has more than 1048576 bytes")
	require.Less(t, input.read, 2*transfer.MaxEntry)

	fits := `{"username":"a","x":"` + strings.Repeat("x", transfer.MaxEntry-100) + `"}`
	accounts, _, err := read(t, "["+fits+","+fits+","+fits+"]")
	require.NoError(t, err)
	require.Len(t, accounts, 3)
}

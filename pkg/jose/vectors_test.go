package jose

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Tokens of RFC 7515 A.2 (RS256), A.3 (ES256) and RFC 8037 A.4 (Ed25519), which name no kid: only their signatures are
// checked here.
func TestSignatures_MatchTheRFCs(t *testing.T) {
	t.Parallel()
	const claims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	tests := map[string]struct{ jwk, token string }{
		"RFC 7515 A.2": {
			`{"kty":"RSA","kid":"a","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}`,
			"eyJhbGciOiJSUzI1NiJ9." + claims + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
		},
		"RFC 7515 A.3": {
			`{"kty":"EC","kid":"a","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`,
			"eyJhbGciOiJFUzI1NiJ9." + claims + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
		},
		"RFC 8037 A.4": {
			`{"kty":"OKP","kid":"a","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
			"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := ParsePublic([]byte(test.jwk))
			require.NoError(t, err)
			dot := strings.LastIndexByte(test.token, '.')
			signature, err := encoding.DecodeString(test.token[dot+1:])
			require.NoError(t, err)

			require.True(t, key.verifies([]byte(test.token[:dot]), signature))
			require.False(t, key.verifies([]byte(test.token[:dot-1]), signature))
			signature[3] ^= 1
			require.False(t, key.verifies([]byte(test.token[:dot]), signature))
			require.False(t, key.verifies([]byte(test.token[:dot]), signature[1:]))
			require.False(t, key.verifies([]byte(test.token[:dot]), make([]byte, len(signature))), "an all-zero signature")
		})
	}
}

func TestParseHeader_TakesExactlyThreeMembers(t *testing.T) {
	t.Parallel()
	for _, good := range []string{`{"alg":"ES256","kid":"a","typ":"JWT"}`, `{"typ":"JWT","kid":"a","alg":"ES256"}`, " {\"kid\":\"a\",\"\\u0061lg\":\"ES256\",\"typ\":\"JWT\"}\n"} {
		h, err := parseHeader([]byte(good))
		require.NoError(t, err, good)
		require.Equal(t, header{Alg: ES256, ID: "a", Typ: "JWT"}, h)
	}
	for _, bad := range []string{
		``, `null`, `[]`, `"x"`, `{`, `{}`, `{"alg":"ES256","kid":"a"}`, `{"alg":"ES256","typ":"JWT"}`, `{"kid":"a","typ":"JWT"}`,
		`{"alg":"ES256","kid":"a","typ":"JWT"}x`, `{"alg":"ES256","kid":"a","typ":"JWT"}{}`, `{"alg":"ES256","kid":"a","typ":"JWT"`,
		`{"alg":"ES256","kid":"a","typ":"JWT","crit":["exp"]}`, `{"alg":"ES256","kid":"a","typ":"JWT","jku":"https://x.example"}`,
		`{"alg":"ES256","kid":"a","typ":"JWT","jwk":{}}`, `{"alg":"ES256","kid":"a","typ":"JWT","kid":"b"}`, `{"alg":"none","alg":"ES256","kid":"a","typ":"JWT"}`,
		`{"Alg":"ES256","kid":"a","typ":"JWT"}`, `{"alg":7,"kid":"a","typ":"JWT"}`, `{"alg":["ES256"],"kid":"a","typ":"JWT"}`, `{"alg":"ES256","kid":"","typ":"JWT"}`,
	} {
		_, err := parseHeader([]byte(bad))
		require.ErrorIs(t, err, ErrMalformed, bad)
	}
}

package transfer_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/transfer"
)

// project are the parameters of the public vector. Spec: import-export §4.3.
var project = transfer.FirebaseHash{
	Algorithm: "SCRYPT", SaltSeparator: "Bw==", Rounds: 8, MemCost: 14,
	SignerKey: "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
}

const (
	firebaseSalt = "42xEC+ixf3L2lw=="
	firebaseHash = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==" // user1password
)

// convert converts an input: the entries, the lines about who was refused, and of whom was warned.
func convert(t testing.TB, input string, workers int) (accounts []transfer.Account, refused []string, warned []string, count transfer.Converted, err error) {
	t.Helper()
	var to, dlq bytes.Buffer
	count, err = transfer.ConvertFirebase(t.Context(), strings.NewReader(input), transfer.Conversion{
		Hash: project, To: &to, Refused: &dlq, Workers: workers, Warn: func(id string) { warned = append(warned, id) },
	})
	if err != nil {
		return nil, nil, warned, count, err
	}
	if dlq.Len() > 0 {
		refused = strings.Split(strings.TrimSpace(dlq.String()), "\n")
	}
	if to.Len() > 0 {
		require.Regexp(t, `^\[\n(.*\n)+\]\n$`, to.String())
		var wrong []string
		accounts, wrong, err = read(t, to.String())
		require.NoError(t, err)
		require.Empty(t, wrong)
	}
	return accounts, refused, warned, count, nil
}

func TestConvertFirebase_EachCase(t *testing.T) {
	t.Parallel()

	accounts, refused, warned, count, err := convert(t, `{"version":[1,{"users":[7]}],"users":[
		{"localId":"1","email":"Kim@shop.example","emailVerified":true,"passwordHash":"`+firebaseHash+`","salt":"`+firebaseSalt+`",
			"createdAt":"1650000000123","lastLoginAt":"1660000000000","displayName":"Kim","providerUserInfo":[]},
		{"localId":"2"},
		{"localId":"3","email":"lee@shop.example","createdAt":"soon","lastSignedInAt":"1670000000000"},
		{"localId":"4","passwordHash":"`+firebaseHash+`","salt":"`+firebaseSalt+`"},
		{"localId":"5","email":"not an address","passwordHash":"`+firebaseHash+`"},
		{"localId":"6","email":"sam@shop.example","passwordHash":"%%%"},
		"nobody"
	],"more":null} trailing`, 1)
	require.NoError(t, err)
	require.Equal(t, transfer.Converted{People: 2, Refused: 5, WithoutPassword: 1}, count)
	require.Len(t, accounts, 2)
	kim, lee := accounts[0], accounts[1]
	require.Equal(t, "kim@shop.example", kim.Emails[0].Address)
	require.True(t, kim.Emails[0].IsPrimary && kim.Emails[0].IsVerified)
	require.Equal(t, "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk="+project.SignerKey+"$"+firebaseSalt+"$"+firebaseHash, kim.Password.Hash)
	require.Equal(t, time.UnixMilli(1650000000123).UTC(), kim.CreatedAt)
	require.Equal(t, time.UnixMilli(1660000000000).UTC(), kim.UpdatedAt)
	require.Nil(t, lee.Password)
	require.Zero(t, lee.CreatedAt)
	require.Equal(t, time.UnixMilli(1670000000000).UTC(), lee.UpdatedAt, "what current versions call the last sign-in")
	require.Equal(t, []string{"3"}, warned)
	require.Len(t, refused, 5)
	var line struct {
		Error string
		User  transfer.FirebaseUser
	}
	require.NoError(t, json.Unmarshal([]byte(refused[2]), &line))
	require.Equal(t, "the e-mail address is malformed", line.Error)
	require.Equal(t, "5", line.User.LocalID)
}

func TestConvertFirebase_FormsOfBase64(t *testing.T) {
	t.Parallel()

	url := strings.NewReplacer("+", "-", "/", "_").Replace
	accounts, _, _, _, err := convert(t, `{"users":[{"email":"kim@shop.example","passwordHash":"`+strings.TrimRight(url(firebaseHash), "=")+`","salt":"`+url(firebaseSalt)+`"}]}`, 1)
	require.NoError(t, err)
	require.Contains(t, accounts[0].Password.Hash, firebaseSalt+"$"+firebaseHash)
}

// Many more people than workers: reading, converting and writing go on at the same time.
func TestConvertFirebase_ManyWithFewWorkers(t *testing.T) {
	t.Parallel()

	const n = 5000
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,{"localId":"%d","email":"person%d@shop.example","passwordHash":"%s","salt":"%s"}`, i, i,
			base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "hash of %d", i)), firebaseSalt)
	}
	accounts, refused, _, count, err := convert(t, `{"users":[`+strings.TrimPrefix(b.String(), ",")+`]}`, 2)
	require.NoError(t, err)
	require.Empty(t, refused)
	require.Equal(t, n, count.People)
	seen := map[string]bool{}
	for _, a := range accounts {
		seen[a.Emails[0].Address] = true
	}
	require.Len(t, seen, n)
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestConvertFirebase_EndsWithAnError(t *testing.T) {
	t.Parallel()

	for _, input := range []string{``, `null`, `[]`, `{`, `{"users":{}}`, `{"users":[{"email":"kim@shop.example"}`, `{"users":[nonsense]}`, `{"users":[] `} {
		_, _, _, _, err := convert(t, input, 2)
		require.ErrorContains(t, err, "firebase auth:export", input)
	}
	_, _, _, count, err := convert(t, `{"users":[]}`, 2)
	require.NoError(t, err)
	require.Zero(t, count.People)

	many := `{"users":[` + strings.TrimPrefix(strings.Repeat(`,{"email":"kim@shop.example"}`, 3000), ",") + `]}`
	_, err = transfer.ConvertFirebase(t.Context(), strings.NewReader(many), transfer.Conversion{
		Hash: project, To: broken{}, Refused: io.Discard, Workers: 2, Warn: func(string) {},
	})
	require.ErrorContains(t, err, "the disk is full")
}

func TestReadFirebaseHash_RefusesWhatCannotWork(t *testing.T) {
	t.Parallel()

	form := `{"algorithm":"%s","base64_signer_key":"%s","base64_salt_separator":"%s","rounds":%d,"mem_cost":%d}`
	h, err := transfer.ReadFirebaseHash(strings.NewReader(fmt.Sprintf(form, "SCRYPT", project.SignerKey, "Bw==", 8, 14)))
	require.NoError(t, err)
	require.Equal(t, project, h)
	for text, reason := range map[string]string{
		`nonsense`: "hash parameters",
		fmt.Sprintf(form, "BCRYPT", "Bw==", "Bw==", 8, 14): "algorithm",
		fmt.Sprintf(form, "SCRYPT", "", "Bw==", 8, 14):     "base64_signer_key",
		fmt.Sprintf(form, "SCRYPT", "Bw==", "", 8, 14):     "base64_salt_separator",
		fmt.Sprintf(form, "SCRYPT", "Bw==", "Bw==", 0, 14): "rounds",
		fmt.Sprintf(form, "SCRYPT", "Bw==", "Bw==", 8, 0):  "mem_cost",
		fmt.Sprintf(form, "SCRYPT", "Bw==", "Bw==", 8, 63): "mem_cost",
		fmt.Sprintf(form, "SCRYPT", "Bw==", "Bw==", 8, 21): "could not be checked",
	} {
		_, err := transfer.ReadFirebaseHash(strings.NewReader(text))
		require.ErrorContains(t, err, reason)
	}
}

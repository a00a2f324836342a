package user_test

import (
	"bytes"
	"encoding/json"
	"net/mail"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/user"
)

// FuzzParseAddress checks whatever a back end or a file calls an address: what is taken stays as it is when it is read again, and names one
// mailbox in a header and nothing else.
func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{
		"kim@shop.example", "KIM@SHOP.EXAMPLE", "Kim <kim@shop.example>", "kim@shop", "a@b@c.de", `"a b"@shop.example`, "kim@shop.example\r\nBcc: sam@x.de",
		"ıstanbul@x.example", "İ@x.example", "kim@[127.0.0.1]", "kim@shop.example,sam@x.de", "k\u0000m@shop.example", "é@ü.example", "(c)kim@shop.example",
		"kim@1.2", "ſ@x.example", strings.Repeat("a", 250) + "@x.de",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := user.ParseAddress(text)
		if err != nil {
			require.ErrorIs(t, err, user.ErrBadAddress)
			require.Empty(t, address)
			return
		}
		require.LessOrEqual(t, len(address), 255)
		require.True(t, utf8.ValidString(address))
		require.Equal(t, -1, strings.IndexFunc(address, func(c rune) bool { return c < ' ' || c == 0x7f }), "%q", address)
		again, err := user.ParseAddress(address)
		require.NoError(t, err, "%q of %q", address, text)
		require.Equal(t, address, again)
		list, err := mail.ParseAddressList((&mail.Address{Address: address}).String())
		require.NoError(t, err, "%q", address)
		require.Len(t, list, 1)
		require.Empty(t, list[0].Name)
	})
}

// FuzzMetadataValue digests whatever: texts of the same value have the same digest, and what is no JSON has none.
func FuzzMetadataValue(f *testing.F) {
	for _, seed := range []string{`1`, `1.0`, `1e400`, `-0`, `"\u0000"`, `{"a":1,"a":2}`, `[[[[]]]]`, `{"a":{"b":[null,true,"x"]}}`, `1 2`, ``, `"\ud800"`, `1e-999999999`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		digest, ok := user.MetadataValue(raw)
		if json.Valid(raw) {
			require.True(t, ok, "%q", raw)
		}
		if !ok {
			return
		}
		require.Len(t, digest, 16)
		if !json.Valid(raw) {
			return
		}
		var compact, indented bytes.Buffer
		require.NoError(t, json.Compact(&compact, raw))
		require.NoError(t, json.Indent(&indented, raw, "", "  "))
		for _, other := range [][]byte{compact.Bytes(), indented.Bytes()} {
			again, ok := user.MetadataValue(other)
			require.True(t, ok)
			require.Equal(t, digest, again, "%s", other)
		}
	})
}

// FuzzMergeAll patches metadata with whatever: what comes out are compact objects of a bounded size, and the same patch changes nothing more.
func FuzzMergeAll(f *testing.F) {
	for _, seed := range []string{
		`null`, `{}`, `[]`, `{"public_metadata":{"a":1}}`, `{"public_metadata":null,"x":1}`, `{"unsafe_metadata":[]}`, `{"private_metadata":{"a":{"b":null}}}`,
		`{"public_metadata":{"` + strings.Repeat("a", 3000) + `":1}}`, `{"Public_Metadata":{"a":1}}`,
	} {
		f.Add(`{"a":{"b":1},"c":[1]}`, []byte(seed))
		f.Add(``, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, before string, patch []byte) {
		m := user.Metadata{}
		if merged, err := user.MergeMetadata("", json.RawMessage(before)); err == nil {
			m.Public = merged
		}
		after, err := m.MergeAll(patch)
		if err != nil {
			return
		}
		for _, text := range []string{after.Public, after.Private, after.Unsafe} {
			if text == "" {
				continue
			}
			require.True(t, json.Valid([]byte(text)), text)
			require.Equal(t, byte('{'), text[0])
			require.LessOrEqual(t, utf8.RuneCountInString(text), user.MaxMetadata)
		}
		again, err := after.MergeAll(patch)
		require.NoError(t, err)
		require.Equal(t, after, again)
		require.LessOrEqual(t, len(user.MetadataRows(after)), 3*64)
	})
}

package bundle

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// plainReader reads a bundle whose lock is open already.
func plainReader(text []byte) *reader {
	s := &source{Reader: bytes.NewReader(text)}
	return &reader{from: s, lines: bufio.NewReader(s), sum: sha256.New(), rows: map[string]int{}}
}

// digestOf is the SHA-256 of a text, as summaries have it.
func digestOf(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}

// FuzzLines reads whatever is inside a bundle: it is complete, or refused as the caller's fault; no more rows come out of it than lines are in it.
func FuzzLines(f *testing.F) {
	const manifest = `{"kind":"manifest","format":1,"bundle":"0193e3a4-0000-7000-8000-000000000001","tenant":{"id":"0193e3a4-0000-7000-8000-000000000002","slug":"shop"}}` + "\n"
	row := `{"kind":"users","row":{"id":"0193e3a4-0000-7000-8000-000000000003"}}` + "\n"
	summary := func(text, rows string) string {
		return text + `{"kind":"summary","rows":{` + rows + `},"sha256":"` + digestOf(text) + `"}` + "\n"
	}
	for _, seed := range []string{
		"", "\n", "{}\n", manifest, summary(manifest, ""), summary(manifest+row, `"users":1`), summary(manifest+row, ""), summary(manifest, "") + "x",
		strings.Replace(manifest, `"format":1`, `"format":2`, 1), strings.Replace(manifest, `"format":1`, `"format":-1`, 1), manifest + `{"kind":7}` + "\n",
		manifest + `{"kind":"users","kind":"emails","row":{}}` + "\n", manifest + strings.Repeat(`{"row":`, 70) + "\n", manifest + "\xff\n", `{"kind":"manifest","format":1,"tenant":null}` + "\n",
		manifest + `{"kind":"summary","rows":null,"sha256":null}` + "\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := plainReader(text)
		fail := func(err error) {
			require.Less(t, problem.HTTPStatus(err), 500, "%v", err)
		}
		first, err := r.line()
		if err == nil {
			r.sum.Write(first)
			err = r.readManifest(first)
		}
		if err != nil {
			fail(err)
			return
		}
		rows := 0
		for {
			kind, row, err := r.next()
			if errors.Is(err, errEnd) {
				break
			}
			if err != nil {
				fail(err)
				return
			}
			rows++
			table, ok := movable(kind)
			if !ok {
				continue
			}
			for _, dialect := range []string{"sqlite3", "mysql", "postgres"} {
				if _, err := decodeRow(table, row, dialect); err != nil {
					require.Less(t, problem.HTTPStatus(refused(r.number, kind, err)), 500)
				}
			}
		}
		require.Equal(t, bytes.Count(text, []byte("\n")), rows+2, "a bundle that is complete is a manifest, rows and a summary")
	})
}

// FuzzRow reads whatever as a row of every table: what is read is written and read the same again.
func FuzzRow(f *testing.F) {
	var tables []*rawsql.Table
	for _, list := range [][]string{before, people, after, events} {
		for _, name := range list {
			table, ok := movable(name)
			require.True(f, ok, name)
			tables = append(tables, table)
		}
	}
	const id = `"id":"0193e3a4-0000-7000-8000-000000000003"`
	for i, table := range tables {
		whole := map[string]any{}
		for _, c := range table.Columns {
			switch c.Kind {
			case rawsql.UUID:
				whole[c.Name] = "0193e3a4-0000-7000-8000-000000000003"
			case rawsql.Text, rawsql.Bytes:
				whole[c.Name] = "AAAA"
			case rawsql.Time:
				whole[c.Name] = "2026-11-29T00:00:00.123456789+01:00"
			case rawsql.Bool:
				whole[c.Name] = true
			case rawsql.Int:
				whole[c.Name] = 7
			default:
				whole[c.Name] = map[string]any{"a": []any{1, nil}}
			}
		}
		text, err := json.Marshal(whole)
		require.NoError(f, err)
		f.Add(uint8(i), text)
		f.Add(uint8(i), []byte(`{`+id+`}`))
		f.Add(uint8(i), []byte(`{`+id+`,"nothing":1}`))
		f.Add(uint8(i), bytes.ReplaceAll(text, []byte("7"), []byte("1e400")))
		f.Add(uint8(i), bytes.ReplaceAll(text, []byte("AAAA"), []byte(`\u0000`)))
	}
	f.Fuzz(func(t *testing.T, which uint8, raw []byte) {
		table := tables[int(which)%len(tables)]
		for _, dialect := range []string{"sqlite3", "mysql", "postgres"} {
			row, err := decodeRow(table, raw, dialect)
			if err != nil {
				require.NotContains(t, err.Error(), "0193e3a4", "nothing is quoted")
				continue
			}
			require.Len(t, row, len(table.Columns))
			var line bytes.Buffer
			require.NoError(t, encodeRow(&line, table, row))
			parts, err := members(bytes.TrimSpace(line.Bytes()))
			require.NoError(t, err, "%s", line.Bytes())
			back, err := decodeRow(table, parts["row"], dialect)
			require.NoError(t, err, "%s", line.Bytes())
			var again bytes.Buffer
			require.NoError(t, encodeRow(&again, table, back))
			require.Equal(t, line.String(), again.String())
		}
	})
}

// FuzzMembers compares with the standard library: what is accepted means the same to both, and no member is there twice.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1,"a":2}`, `{"a":{"b":[]}} `, `[]`, `null`, `{} {}`, `{"\u0061":1,"a":2}`, strings.Repeat(`{"a":`, 80), `{"a":"[[[["}`, `{"a":"\\\"["}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		found, err := members(raw)
		if err != nil {
			require.Nil(t, found)
			return
		}
		var want map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(raw, &want))
		require.Len(t, found, len(want))
		for name, value := range want {
			require.JSONEq(t, string(value), string(found[name]))
		}
	})
}

// FuzzUnlock opens whatever file with whatever key: it is no bundle, or locked by another, and that is the caller's fault.
func FuzzUnlock(f *testing.F) {
	for _, seed := range []string{"", "age-encryption.org/v1\n", "age-encryption.org/v1\n-> X25519 AAAA\nAAAA\n--- AAAA\n", "age-encryption.org/v1\n-> scrypt AAAA 99\nAAAA\n--- AAAA\n", "x"} {
		f.Add([]byte(seed), "AGE-SECRET-KEY-1WRONG")
		f.Add([]byte(seed), "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX")
		f.Add([]byte(seed), "# a comment\n")
	}
	f.Fuzz(func(t *testing.T, file []byte, identity string) {
		_, err := open(bytes.NewReader(file), Key{Identity: identity})
		require.Error(t, err)
		require.Less(t, problem.HTTPStatus(err), 500, "%v", err)
		if strings.Contains(identity, "AGE-SECRET-KEY-1") {
			require.NotContains(t, err.Error(), "AGE-SECRET-KEY-1W")
		}
		_, err = Lock{Recipients: []string{identity}}.recipients()
		if err != nil {
			require.Less(t, problem.HTTPStatus(err), 500)
		}
	})
}

package claims_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/latchkeep/latchkeep/pkg/claims"
)

func ada() claims.User {
	return claims.User{
		ID: "11111111-1111-4111-8111-111111111111", Email: &claims.Email{Address: "ada@example.org", IsPrimary: true}, Username: "ada", Name: "Ada L",
		PublicMetadata: `{"plan":"pro","seats":12,"ratio":1.50,"big":1e3,"active":true,"none":null,"tags":["x","y"],"nested":{"a":{"b":"deep"}},` +
			`"team":[{"n":"t1","s":3},{"n":"t2","s":9}],"jsonish":"{\"k\":1}","brace":"{not json}"}`,
		UnsafeMetadata: `{"theme":"dark"}`,
	}
}

func bare() claims.User { return claims.User{ID: "22222222-2222-4222-8222-222222222222"} }

func TestRender_GivesWhatTheTableSays(t *testing.T) {
	t.Parallel()

	table, err := os.ReadFile("testdata/values.txt")
	require.NoError(t, err)
	rows := 0
	for _, line := range strings.Split(string(table), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		template, results, found := strings.Cut(line, " -> ")
		require.True(t, found, line)
		cut := strings.LastIndex(results, " | ")
		require.Positive(t, cut, line)
		forAda, forBare := results[:cut], results[cut+3:]
		if forBare == "same" {
			forBare = forAda
		}
		var value any
		require.NoError(t, yaml.Unmarshal([]byte(template), &value), line)
		compiled := claims.Compile(map[string]any{"https://ns.example/Claims.x": value})
		for who, want := range map[string]string{"ada": forAda, "bare": forBare} {
			u := ada()
			if who == "bare" {
				u = bare()
			}
			rendered, dropped := compiled.Render(u)
			got, there := rendered["https://ns.example/Claims.x"]
			problems := append(compiled.Problems(), dropped...)
			if want == "dropped" {
				require.False(t, there, "%s for %s: %v", line, who, got)
				require.Len(t, problems, 1, line)
				require.Equal(t, "https://ns.example/Claims.x", problems[0].Claim)
				require.NotEmpty(t, problems[0].Reason)
				continue
			}
			require.True(t, there, "%s for %s: %v", line, who, problems)
			require.Empty(t, problems, line)
			raw, err := json.Marshal(got)
			require.NoError(t, err)
			require.JSONEq(t, want, string(raw), "%s for %s", line, who)
		}
		rows++
	}
	require.Greater(t, rows, 60)
}

func TestRender_FindsMetadataUnderAwkwardNamesAndShowsItPlainly(t *testing.T) {
	t.Parallel()

	who := claims.User{PublicMetadata: `{"a.b":{"c":1},"big":12345678901234567890,"small":-0.10,"tiny":1.5e-3,"huge":1E+3,"text":"a\"b\u00fc","no":false,
		"deep":{"a":[1, {"b" : null}]},"*":"star"}`}
	for template, want := range map[string]string{
		`{{ .User.Metadata.Public "a\\.b.c" }}`:            `"1"`,
		`{{ .User.Metadata.Public "a\\.b" "c" }}`:          `"1"`,
		`{{ .User.Metadata.Public "big" }}`:                `"12345678901234567890"`,
		`{{ .User.Metadata.Public "small" }}`:              `"-0.1"`,
		`{{ .User.Metadata.Public "tiny" }}`:               `"0.0015"`,
		`{{ .User.Metadata.Public "huge" }}`:               `"1000"`,
		`{{ .User.Metadata.Public "text" }}`:               `"a\"bü"`,
		`{{ .User.Metadata.Public "no" }}`:                 `false`,
		`{{ .User.Metadata.Public "deep.a.#" }}`:           `"2"`,
		`{{ .User.Metadata.Public "deep.a.1" }}`:           `{"b":null}`,
		`v{{ .User.Metadata.Public "deep" "a" }}`:          `"v[1, {\"b\" : null}]"`,
		`{{ .User.Metadata.Public "\\*" }}`:                `"star"`,
		`{{ .User.Metadata.Public "hug?" }}`:               `"1000"`,
		`{{ .User.Metadata.Public "deep|a|0" }}`:           `"1"`,
		`{{ (.User.Metadata.Public "no") | len }}`:         `"5"`,
		`{{ .User.Metadata.Unsafe "a" "b" "c" }}!`:         `"!"`,
		`{{ .User.Metadata.Public "a" "b" "c" }}!`:         `"!"`,
		`{{ with .User.Metadata }}{{ .Unsafe }}!{{ end }}`: `"!"`,
	} {
		rendered, dropped := claims.Compile(map[string]any{"c": template}).Render(who)
		require.Empty(t, dropped, template)
		raw, err := json.Marshal(rendered["c"])
		require.NoError(t, err)
		require.JSONEq(t, want, string(raw), template)
	}
}

func TestCompile_LeavesTheServicesOwnClaimsAlone(t *testing.T) {
	t.Parallel()

	compiled := claims.Compile(map[string]any{
		"sub": "x", "iat": 1, "exp": 2, "aud": "x", "iss": "x", "email": "x", "username": "x", "session_id": "x", "amr": "x", "mine": "x",
	})
	require.Len(t, compiled.Problems(), 9)
	rendered, dropped := compiled.Render(ada())
	require.Empty(t, dropped)
	require.Equal(t, map[string]any{"mine": "x"}, rendered)
}

func TestRender_RegisteredClaimsNeedTheirType(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		name        string
		value, want any // nil: dropped
	}{
		{"jti", "{{ .User.Username }}", "ada"},
		{"jti", 7, nil},
		{"jti", `{{ eq .User.Username "ada" }}`, nil},
		{"nbf", 7, int64(7)},
		{"nbf", 7.9, int64(7)},
		{"nbf", json.Number("7"), int64(7)},
		{"nbf", `{{ .User.Metadata.Public "seats" }}`, int64(12)},
		{"nbf", "soon", nil},
		{"nbf", "{{ .User.Username }}", nil},
		{"nbf", "NaN", nil},
		{"nbf", "1e300", nil},
		{"nbf", -1, nil},
		{"nbf", nil, nil},
		{"nbf", []any{1}, nil},
	} {
		compiled := claims.Compile(map[string]any{c.name: c.value, "other": "stays"})
		rendered, dropped := compiled.Render(ada())
		require.Equal(t, "stays", rendered["other"])
		if c.want == nil {
			require.NotContains(t, rendered, c.name, "%v", c)
			require.Len(t, append(compiled.Problems(), dropped...), 1)
			continue
		}
		require.Equal(t, c.want, rendered[c.name], "%v", c)
	}
}

func TestRender_MetadataThatSaysNothingIsNone(t *testing.T) {
	t.Parallel()

	for _, c := range []struct{ public, unsafe, want string }{
		{"", "", `{"all":"","has":false}`},
		{"{}", "", `{"all":"","has":false}`},
		{"{}", "{}", `{"all":"","has":false}`},
		{`{"a":1}`, "", `{"all":{"public_metadata":{"a":1}},"has":true,"a":"1","theme":""}`},
		{"", `{"theme":"dark"}`, `{"all":{"unsafe_metadata":{"theme":"dark"}},"has":true,"a":"","theme":"dark"}`},
	} {
		rendered, _ := claims.Compile(map[string]any{
			"all": "{{ .User.Metadata }}", "has": "{{ if .User.Metadata }}true{{ else }}false{{ end }}",
			"a": `{{ .User.Metadata.Public "a" }}`, "theme": `{{ .User.Metadata.Unsafe "theme" }}`,
		}).Render(claims.User{PublicMetadata: c.public, UnsafeMetadata: c.unsafe})
		raw, err := json.Marshal(rendered)
		require.NoError(t, err)
		require.JSONEq(t, c.want, string(raw), "%+v", c)
	}
}

func TestRender_NothingCostsNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts those of the whole process
	var none *claims.Template
	require.True(t, none.Empty())
	require.Zero(t, testing.AllocsPerRun(10, func() {
		if rendered, dropped := none.Render(ada0); rendered != nil || dropped != nil {
			t.Error("something was rendered")
		}
	}))
}

var ada0 = ada()

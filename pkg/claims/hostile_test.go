package claims_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/claims"
)

// patience is far more than any rendering may take, on a machine that is busy.
const patience = 3 * time.Second

// big is as much metadata as a user can have, in shapes that make much of it.
func big() claims.User {
	u := ada()
	u.PublicMetadata = `{"list":[` + strings.Repeat("1,", 1400) + `1],"q":"` + strings.Repeat(`\"`, 40) + `","d":` + strings.Repeat(`{"d":`, 10) + "1" +
		strings.Repeat("}", 10) + `}`
	u.UnsafeMetadata = `{"` + strings.Repeat("k", 1400) + `":[` + strings.Repeat("1,", 700) + `1],"n":` + strings.Repeat(`[`, 80) + strings.Repeat(`]`, 80) + `}`
	return u
}

func TestRender_StopsWhatGoesTooFar(t *testing.T) {
	t.Parallel()

	double := `{{ $x := "0123456789abcdef" }}` + strings.Repeat("{{ $x = %s }}", 40)
	fan := ""
	for i := range 30 {
		fan += fmt.Sprintf(`{{ define "t%d" }}{{ template "t%d" }}{{ template "t%d" }}{{ end }}`, i, i+1, i+1)
	}
	for name, template := range map[string]string{
		"a loop that writes nothing":      `{{ range 1000000000 }}{{ end }}`,
		"a loop that goes on":             `{{ range 1000000000 }}{{ continue }}{{ end }}`,
		"loops in loops":                  `{{ range 100000 }}{{ range 100000 }}{{ range 100000 }}{{ end }}{{ end }}{{ end }}`,
		"a loop of assignments":           `{{ $x := 1 }}{{ range 1000000000 }}{{ $x = . }}{{ end }}`,
		"a loop of conditions":            `{{ range 1000000000 }}{{ if . }}{{ else }}{{ end }}{{ with . }}{{ end }}{{ end }}`,
		"a loop that writes":              `{{ range 1000000000 }}x{{ end }}`,
		"a loop of lookups":               `{{ range 1000000000 }}{{ $y := $.User.Metadata.Public "list" }}{{ end }}`,
		"a loop of expensive lookups":     `{{ range 1000000000 }}{{ $y := $.User.Metadata.Unsafe "@group.@flatten.@tostr.@tostr" }}{{ end }}`,
		"a loop of long texts":            `{{ $x := printf "%60000d" 1 }}{{ range 1000000000 }}{{ $y := urlquery (html $x) }}{{ end }}`,
		"a loop in a template":            `{{ define "t" }}{{ range 1000000000 }}{{ end }}{{ end }}{{ template "t" }}`,
		"a block that loops":              `{{ block "t" . }}{{ range 1000000000 }}{{ end }}{{ end }}`,
		"an else that loops":              `{{ if false }}{{ else }}{{ range 1000000000 }}{{ else }}{{ end }}{{ end }}`,
		"a template that calls itself":    `{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}`,
		"the whole calls itself":          `{{ template "claim" . }}`,
		"two call each other":             `{{ define "a" }}{{ template "b" }}{{ end }}{{ define "b" }}{{ template "a" }}{{ end }}{{ template "a" }}`,
		"each calls two":                  `{{ define "t30" }}{{ end }}` + fan + `{{ template "t0" }}`,
		"a width":                         `{{ printf "%1000000000d" 1 }}`,
		"a width too big for a number":    `{{ printf "%99999999999999999999999d" 1 }}`,
		"a precision":                     `{{ printf "%.1000000000f" 1.0 }}`,
		"a width as an argument":          `{{ printf "%*d" 1000000000 1 }}`,
		"a width as a numbered argument":  `{{ printf "%[1]*d" 1000000000 }}`,
		"many widths":                     `{{ printf "` + strings.Repeat("%60000d", 2000) + `" }}`,
		"one argument many times":         `{{ $x := printf "%60000d" 1 }}{{ printf "` + strings.Repeat("%[1]s", 3000) + `" $x }}`,
		"what an argument shows as":       `{{ printf "` + strings.Repeat("%[1]v", 3000) + `" .User }}`,
		"doubling by print":               fmt.Sprintf(strings.ReplaceAll(double, "%s", "%[1]s"), `print $x $x`),
		"doubling by println":             fmt.Sprintf(strings.ReplaceAll(double, "%s", "%[1]s"), `println $x $x`),
		"doubling by printf":              fmt.Sprintf(strings.ReplaceAll(double, "%s", "%[1]s"), `printf "%%s%%s" $x $x`),
		"doubling by js":                  `{{ $x := "\\" }}` + strings.Repeat("{{ $x = js $x }}", 40),
		"growing by html":                 `{{ $x := "&&&&&&&&" }}{{ range 100000 }}{{ $x = html $x $x }}{{ end }}`,
		"growing by urlquery":             `{{ $x := "%" }}{{ range 100000 }}{{ $x = urlquery $x $x }}{{ end }}`,
		"a path that is too long":         `{{ .User.Metadata.Public "` + strings.Repeat("a", 2000) + `" }}`,
		"a path of many parts":            `{{ .User.Metadata.Public` + strings.Repeat(` "list"`, 1000) + ` }}`,
		"quoting again and again":         `{{ .User.Metadata.Public "q` + strings.Repeat(`|@tostr`, 100) + `" }}`,
		"selecting twice again and again": `{{ .User.Metadata.Public "` + strings.Repeat(`[@this,@this]|`, 60) + `@this" }}`,
		"indenting by a long text":        `{{ .User.Metadata.Public "@pretty:{\"indent\":\"` + strings.Repeat("x", 900) + `\"}" }}`,
		"text without end":                `{{ range 70000 }}{{ "0123456789abcdef" }}{{ end }}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			compiled := claims.Compile(map[string]any{"bad": template, "z": "{{ .User.Username }} {{ .User.Metadata.Public \"plan\" }}"})
			rendered, dropped := compiled.Render(big())
			require.Less(t, time.Since(start), patience)
			require.NotContains(t, rendered, "bad")
			require.Equal(t, "ada ", rendered["z"], "the others are not affected")
			require.Len(t, append(compiled.Problems(), dropped...), 1)
		})
	}
}

func TestRender_LookupsThatAreAllowedAreQuick(t *testing.T) {
	t.Parallel()

	for _, path := range []string{
		"@group", "@group|@group", "@tostr|@tostr|@tostr|@tostr|@tostr|@tostr|@tostr|@tostr", "[@this,@this]|[0,1]|@tostr", "@dig:d", "@dig:d|@dig:d",
		"n.@flatten:{\"deep\":true}", "@pretty|@pretty|@pretty|@pretty", "{\"" + strings.Repeat("k", 900) + "\":list}|@group",
		"[list,list,list,list]|@flatten|@group", strings.Repeat("*?", 400), "#(" + strings.Repeat("#(", 400), "list.#(>0)#.#(>0)#|#",
	} {
		quoted, err := json.Marshal(path)
		require.NoError(t, err)
		for _, document := range []string{"Public", "Unsafe"} {
			start := time.Now()
			claims.Compile(map[string]any{"x": "{{ .User.Metadata." + document + " " + string(quoted) + " }}"}).Render(big())
			require.Less(t, time.Since(start), patience, path)
		}
	}
}

func TestRender_LittleWorkIsDoneHoweverBusyTheMachine(t *testing.T) {
	t.Parallel()

	template := map[string]any{}
	for i := range 40 {
		template[fmt.Sprintf("c%02d", i)] = `{{ if .User.Email }}{{ .User.Email.Address }} {{ .User.Metadata.Public "plan" }}{{ end }}`
	}
	rendered, dropped := claims.Compile(template).Render(ada())
	require.Empty(t, dropped)
	require.Len(t, rendered, 40)
}

func TestRender_WhatIsTooBigForATokenIsLeftOut(t *testing.T) {
	t.Parallel()

	compiled := claims.Compile(map[string]any{
		"a": "{{ .User.Username }}", "b": strings.Repeat("x", 9000), "c": `{{ printf "%9000d" 1 }}`, "d": "small",
		"e": strings.Repeat("\x01", 3000), // 18 000 bytes as JSON
	})
	rendered, dropped := compiled.Render(ada())
	require.Len(t, dropped, 2)
	require.Equal(t, "c", dropped[0].Claim)
	require.Equal(t, "e", dropped[1].Claim)
	require.Contains(t, rendered, "b")
	require.Equal(t, "small", rendered["d"], "what comes later and fits, stays")
	raw, err := json.Marshal(rendered)
	require.NoError(t, err)
	require.LessOrEqual(t, len(raw), claims.MaxSize+100)
}

func TestRender_WhatLiesTooDeepIsLeftOut(t *testing.T) {
	t.Parallel()

	deep := func(n int) any {
		var v any = "{{ .User.Username }}"
		for range n {
			v = []any{v}
		}
		return v
	}
	for name, template := range map[string]any{
		"configured":       deep(40),
		"written":          strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"rendered":         `{{ range 5000 }}[{{ end }}{{ range 5000 }}]{{ end }}`,
		"half and half":    []any{deep(20), "{{ range 40 }}[{{ end }}{{ range 40 }}]{{ end }}"},
		"from metadata":    `{{ .User.Metadata.Unsafe "n" }}`,
		"object in object": `{{ range 40 }}{"a":{{ end }}1{{ range 40 }}}{{ end }}`,
	} {
		compiled := claims.Compile(map[string]any{"bad": template, "ok": deep(10)})
		rendered, dropped := compiled.Render(big())
		require.NotContains(t, rendered, "bad", name)
		require.Contains(t, rendered, "ok", name)
		require.Len(t, append(compiled.Problems(), dropped...), 1, name)
	}
}

func TestCompile_WhatNoTokenCanHoldIsLeftOut(t *testing.T) {
	t.Parallel()

	template := map[string]any{"nan": math.NaN(), "inf": []any{math.Inf(1)}, "func": map[string]any{"f": func() {}}, "long": strings.Repeat("x", 20000)}
	compiled := claims.Compile(template)
	require.True(t, compiled.Empty())
	require.Len(t, compiled.Problems(), 4)

	many := map[string]any{}
	for i := range claims.MaxClaims + 3 {
		many[fmt.Sprintf("c%03d", i)] = i
	}
	compiled = claims.Compile(many)
	require.Len(t, compiled.Problems(), 3)
	rendered, _ := compiled.Render(ada())
	require.Len(t, rendered, claims.MaxClaims)
}

func TestRender_ManyAtOnce(t *testing.T) {
	t.Parallel()

	compiled := claims.Compile(map[string]any{"a": []any{"{{ .User.Username }}", `{{ .User.Metadata.Public "plan" }}`}, "b": "fixed"})
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for range 100 {
				rendered, dropped := compiled.Render(ada())
				require.Empty(t, dropped)
				require.Equal(t, map[string]any{"a": []any{"ada", "pro"}, "b": "fixed"}, rendered)
			}
		})
	}
}

func FuzzRender(f *testing.F) {
	for _, seed := range []string{`{{ .User }}`, `{{ printf "%5.2f|%s" 1.5 .User }}`, `{{ range 9 }}{{ .User.Metadata.Public "a.#(b>1)#|@tostr" }}{{ end }}`, `[{{ len "x" }}]`} {
		f.Add(seed)
	}
	u := big()
	f.Fuzz(func(t *testing.T, template string) {
		start := time.Now()
		rendered, _ := claims.Compile(map[string]any{"x": template}).Render(u)
		if taken := time.Since(start); taken > patience {
			t.Fatalf("took %s", taken)
		}
		if _, err := json.Marshal(rendered); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkRender(b *testing.B) {
	typical := claims.Compile(map[string]any{
		"https://ns.example/claims": map[string]any{
			"role": `{{ .User.Metadata.Public "plan" }}`, "verified": "{{ if .User.Email }}{{ .User.Email.IsVerified }}{{ else }}false{{ end }}",
		},
		"name": "{{ .User.Name }}", "team": `{{ .User.Metadata.Public "team.#(s>1)#.n" }}`, "app": "shop",
	})
	u := ada()
	b.Run("typical", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			typical.Render(u)
		}
	})
	b.Run("none", func(b *testing.B) {
		b.ReportAllocs()
		none := claims.Compile(nil)
		for b.Loop() {
			none.Render(u)
		}
	})
}

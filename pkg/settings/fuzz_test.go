package settings_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/latchkeep/latchkeep/pkg/settings"
)

// Whatever stands in a file, Load answers with settings or with problems, never with a panic or another error.
func FuzzLoad_File(f *testing.F) {
	for _, seed := range []string{
		hankoFile, "", "null", "[]", "a: &a {b: *a}", "database: {pool: 1e400}", "server: {ip: {trusted_proxies: [{}, null, 1.5]}}",
		"? [a, b]\n: c", "1: 2", "database: !!binary aGk=", "rate_limiter: {<<: [{a: b}]}", "secrets: {keys: [2026-11-24, true, .nan]}",
		"multi_tenancy: {enabled: false}\nsession: {~: x}", "log: {level: \"\\u0000\"}", "%YAML 1.1\n---\na: b",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		s, notices, err := settings.Load(settings.LoadOptions{
			Env: []string{"SESSION_LIFESPAN=1h", "SMTP_HOST=x", "LATCHKEEP_WEBHOOKS_HOOKS={}"},
			ReadFile: func(name string) ([]byte, error) {
				if name != settings.DefaultFile {
					return nil, fs.ErrNotExist
				}
				return content, nil
			},
		})
		var problems settings.Problems
		if err != nil && !errors.As(err, &problems) {
			t.Fatalf("neither settings nor problems: %v", err)
		}
		for _, p := range problems {
			_ = p.String()
		}
		for _, n := range notices {
			_ = n.String()
		}
		if s != nil {
			_ = s.String()
		}
	})
}

func FuzzParseBaseURL(f *testing.F) {
	for _, seed := range []string{"http://localhost:8000", "https://EXAMPLE.com:443/", "http://[::1]:80", "http://a@b", "https://x.", "http://:8"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := settings.ParseBaseURL(text)
		if err != nil {
			return
		}
		again, err := settings.ParseBaseURL(b.String())
		if err != nil || again != b {
			t.Fatalf("%q reads as %v, which reads as %v (%v)", text, b, again, err)
		}
		if b.Domain() == "" {
			t.Fatalf("%q has no domain", text)
		}
	})
}

package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/telemetry"
)

const nasty = "a\nlevel=ERROR\r\x1b[2Jb\x00\x7f\u0085\u009b\u202egnp\u2066\u2028\ufeff\U000e0041\xff end é 漢 🐎"

type odd struct{ S string }

func TestLogger_ALineIsOneLineOfPrintableText(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"json", "text", ""} {
		var out bytes.Buffer
		log := telemetry.NewLogger(&out, format, slog.LevelInfo)
		log.Info(nasty, "agent", nasty, "err", errors.New(nasty), "struct", odd{nasty}, "bytes", []byte(nasty), nasty, nasty)
		log.With(nasty, nasty).WithGroup(nasty).Error("x", "stringer", fmt.Stringer(nil), "k", nasty)

		require.Equal(t, 2, strings.Count(out.String(), "\n"), out.String())
		require.True(t, utf8.Valid(out.Bytes()))
		for _, r := range strings.ReplaceAll(out.String(), "\n", "") {
			require.True(t, unicode.IsPrint(r), "%q in %s", r, out.String())
		}
		if format != "text" {
			line, _, _ := strings.Cut(out.String(), "\n")
			var parsed map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &parsed))
			require.Equal(t, strings.ReplaceAll(nasty, "\xff", "\ufffd"), parsed["agent"], "nothing is lost")
		}
	}
}

func TestLogger_LeavesOutWhatIsNamedLikeASecret(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"json", "text"} {
		var out bytes.Buffer
		log := telemetry.NewLogger(&out, format, slog.LevelInfo)
		log.With("Authorization", "Bearer hush").LogAttrs(t.Context(), slog.LevelInfo, "x", slog.String("password", "hush"),
			slog.Group("headers", slog.String("Set-Cookie", "hush")), slog.Any("csrf_token", []string{"hush"}),
			slog.Int("tokens", 3), slog.String("code", "email_already_exists"))
		require.NotContains(t, out.String(), "hush")
		require.Equal(t, 4, strings.Count(out.String(), telemetry.Redacted))
		require.Contains(t, out.String(), "email_already_exists")
	}
}

func TestLogger_SaysWhatTheContextKnows(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, "text", slog.LevelWarn)
	ctx := telemetry.WithAttrs(t.Context(), slog.String("request_id", "r1"))
	inner := telemetry.WithAttrs(ctx, slog.String("tenant_id", "t1"))
	log.With("a", 1).WarnContext(inner, "inner")
	log.WarnContext(ctx, "outer")
	log.WarnContext(t.Context(), "none")
	log.InfoContext(inner, "below the level")

	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 3)
	require.Contains(t, lines[0], "msg=inner a=1 request_id=r1 tenant_id=t1")
	require.Contains(t, lines[1], "msg=outer request_id=r1")
	require.NotContains(t, lines[1], "tenant_id")
	require.NotContains(t, lines[2], "request_id")
}

func TestRequestAttrs_HoldNoQueryAndAreBounded(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/"+strings.Repeat("é", 5000)+"?code=hush", nil)
	r.Header.Set("Cookie", "hanko=hush")
	var out bytes.Buffer
	telemetry.NewLogger(&out, "json", slog.LevelInfo).LogAttrs(t.Context(), slog.LevelInfo, "request",
		telemetry.RequestAttrs(r, 200, 17, time.Second)...)
	require.NotContains(t, out.String(), "hush")
	require.Less(t, out.Len(), 1000)
	require.True(t, utf8.Valid(out.Bytes()))

	require.Equal(t, "short", telemetry.Cut("short"))
	require.Equal(t, strings.Repeat("x", 511)+"…", telemetry.Cut(strings.Repeat("x", 511)+"é"), "never within a character")
}

func BenchmarkLogger(b *testing.B) {
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, "json", slog.LevelInfo)
	r := httptest.NewRequest("GET", "/sessions/validate", nil)
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		log.LogAttrs(b.Context(), slog.LevelInfo, "request", telemetry.RequestAttrs(r, 200, 17, time.Millisecond)...)
	}
}

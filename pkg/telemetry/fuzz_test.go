package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/telemetry"
)

// FuzzLogger logs whatever a client controls: one event stays one line of printable text, from which a reader of JSON gets back what it was.
func FuzzLogger(f *testing.F) {
	for _, seed := range []string{"", nasty, "\u2028\u2029", `"}` + "\n" + `{"level":"ERROR"`, "\x1b]0;x\a", "%0d%0a", "a=b c=\"d\"", "\xed\xa0\x80", "\u202e\u2066"} {
		f.Add(seed, "shop")
		f.Add("GET", seed)
	}
	f.Fuzz(func(t *testing.T, method, text string) {
		r := &http.Request{Method: method, URL: &url.URL{Path: text}, Header: http.Header{"User-Agent": {text}}}
		for _, format := range []string{"json", "text"} {
			var out bytes.Buffer
			log := telemetry.NewLogger(&out, format, slog.LevelInfo)
			log.With("slug", text).LogAttrs(t.Context(), slog.LevelInfo, text, append(telemetry.RequestAttrs(r, 200, 1, time.Second),
				slog.String("user_agent", text), slog.Any("error", errors.New(text)), slog.Group("g", "email", text))...)
			line, found := strings.CutSuffix(out.String(), "\n")
			require.True(t, found)
			require.True(t, utf8.ValidString(line))
			require.Equal(t, -1, strings.IndexFunc(line, func(c rune) bool { return !unicode.IsPrint(c) }), "%q", line)
			if format != "json" {
				continue
			}
			var read map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &read))
			require.Equal(t, strings.ToValidUTF8(text, "\ufffd"), collapse(read["slug"].(string), text))
			require.LessOrEqual(t, len(read["path"].(string)), 3*512+3)
			require.Equal(t, "INFO", read["level"])
		}
	})
}

// collapse makes one replacement character of a run of them, as strings.ToValidUTF8 does, where the text was not valid.
func collapse(read, sent string) string {
	if utf8.ValidString(sent) {
		return read
	}
	return strings.ToValidUTF8(strings.ReplaceAll(read, "\ufffd", "\xff"), "\ufffd")
}

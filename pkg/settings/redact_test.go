package settings_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/settings"
)

const marker = "hUnTeR2"

func TestSettings_AreNeverPrintedWithSecrets(t *testing.T) {
	t.Parallel()

	s := bare().with(
		"LATCHKEEP_SECRETS_KEYS="+goodSecret+marker,
		"LATCHKEEP_DATABASE_URL=postgres://app:"+marker+"@db/app?sslpassword="+marker,
		"LATCHKEEP_DATABASE_MIGRATE_URL=postgres://owner:"+marker+"@db/app",
		"LATCHKEEP_REDIS_URL=redis://"+marker+"@r/0",
		"LATCHKEEP_DEFAULT_EMAIL_DELIVERY_SMTP_PASSWORD="+marker,
		"LATCHKEEP_MULTI_TENANCY_ENABLED=false",
		"LATCHKEEP_EMAIL_DELIVERY_SMTP_PASSWORD="+marker,
	).must(t)

	var logged bytes.Buffer
	for _, handler := range []slog.Handler{
		slog.NewTextHandler(&logged, nil),
		slog.NewJSONHandler(&logged, nil),
	} {
		log := slog.New(handler)
		log.Info("x", "pointer", s, "value", *s, "database", s.Database, "redis", s.Redis, "secrets", s.Secrets, "mail", s.DefaultEmailDelivery, "tenant", s.Tenant)
		log.Info("x", "url", s.Database.URL, "key", s.Secrets.Keys[0])
	}
	encoded, err := json.Marshal(s)
	require.NoError(t, err)
	wrong := "%d %t"
	for name, text := range map[string]string{
		"wrong verbs": fmt.Sprintf(wrong, s.Secrets.Keys, s.Database.URL),
		"slog":        logged.String(), "json": string(encoded), "String": s.String(),
		"%v": fmt.Sprintf("%v", s), "%+v": fmt.Sprintf("%+v", *s), "%#v": fmt.Sprintf("%#v", *s), "%#v of a pointer": fmt.Sprintf("%#v", s),
		"%s of a part": fmt.Sprintf("%+v %q %x %X", s.Database, s.Secrets, s.Secrets.Keys, s.Database.URL),
	} {
		require.NotContains(t, text, marker, name)
		require.NotContains(t, strings.ToLower(text), fmt.Sprintf("%x", marker), name)
	}
	require.Contains(t, s.String(), "postgres://app:xxxxx@db/app")
	require.Contains(t, s.Database.URL.Reveal(), marker)
	require.Contains(t, s.Secrets.Reveal()[0], marker)
}

// Whatever is wrong with a secret value, the message does not repeat it.
func TestLoad_ProblemsNeverHoldSecrets(t *testing.T) {
	t.Parallel()

	bad := []string{
		marker, marker + "://x", "postgres://u:" + marker + "#@h/d", "postgres://u:p@h:" + marker + "/d", "redis://h:" + marker,
		"postgres://[" + marker, "%" + marker, "mysql://" + marker + "%zz@h/d", "sqlite://", "postgres://u:" + marker + "@", "\x00" + marker,
	}
	for _, key := range settings.Keys() {
		if !key.Secret {
			continue
		}
		for _, text := range bad {
			for _, w := range []*world{
				bare().with(settings.EnvName(key.Path) + "=" + text),
				bare().file(yaml(key.Path, text)),
				bare().file("rate_limiter: {store: redis}\n" + yaml(key.Path, text)),
			} {
				_, notices, err := w.load(t)
				if err != nil {
					require.NotContains(t, err.Error(), marker, key.Path)
				}
				require.NotContains(t, texts(notices), marker, key.Path)
			}
		}
	}
}

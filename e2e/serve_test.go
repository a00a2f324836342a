//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"net/url"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/freeport"
	"github.com/latchkeep/latchkeep/internal/smtpsink"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

// A production is the program as it is deployed: migrated by hand, serve and worker as two processes, and Redis between them.
type production struct {
	console, public, token string
}

// produce deploys the program on a database server of its own database.
func produce(t *testing.T, name string) *production {
	t.Helper()
	port := freeport.Several(t, 5)
	public := "http://localhost:" + port[0]
	env := append(database(t, name),
		"LATCHKEEP_REDIS_URL="+testdb.Redis(t),
		"LATCHKEEP_SECRETS_KEYS="+rand.Text()+rand.Text(),
		"LATCHKEEP_PUBLIC_BASE_URL="+public,
		"LATCHKEEP_LOG_LEVEL=warn",
		"LATCHKEEP_AUDIT_LOG_CONSOLE_OUTPUT_ENABLED=false",
		"LATCHKEEP_EGRESS_ALLOW_CIDRS=127.0.0.0/8",
		"LATCHKEEP_SERVER_PUBLIC_ADDRESS=127.0.0.1:"+port[0],
		"LATCHKEEP_SERVER_ADMIN_ADDRESS=127.0.0.1:"+port[1],
		"LATCHKEEP_SERVER_CONSOLE_ADDRESS=127.0.0.1:"+port[2],
	)
	runCommand(t, env, "migrate", "up")
	token := runCommand(t, env, "operator", "token", "--name", "e2e")
	server := start(t, append(env, "LATCHKEEP_SERVER_OPS_ADDRESS=127.0.0.1:"+port[3]), "serve")
	worker := start(t, append(env, "LATCHKEEP_SERVER_OPS_ADDRESS=127.0.0.1:"+port[4]), "worker")
	server.ready(t, "127.0.0.1:"+port[3])
	worker.ready(t, "127.0.0.1:"+port[4])

	return &production{console: "http://127.0.0.1:" + port[2], public: public, token: token}
}

// database makes an empty database and says how the program finds it: on PostgreSQL with two roles, as the guide tells operators to.
func database(t *testing.T, name string) []string {
	t.Helper()
	owner := testdb.Empty(t, name)
	if name != dialect.Postgres {
		return []string{"LATCHKEEP_DATABASE_URL=" + owner.Raw()}
	}
	program := testdb.Program(t, owner)
	role, err := url.Parse(program.Raw())
	require.NoError(t, err)
	db, err := owner.OpenPlain()
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(),
		"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "+role.User.Username())
	require.NoError(t, err)
	return []string{"LATCHKEEP_DATABASE_URL=" + program.Raw(), "LATCHKEEP_DATABASE_MIGRATE_URL=" + owner.Raw()}
}

// An addressing is how browsers reach the tenants of a production.
type addressing func(t *testing.T, p *production) *deployment

// byHost puts every tenant below a name of its own, and its page beside it: another port is the same site.
func byHost(t *testing.T, p *production) *deployment {
	t.Helper()
	page := servePage(t)
	return p.deployment(t,
		func(slug string) string { return "http://" + slug + ".localhost:" + page },
		func(made tenant) string { return made.PublicURL },
	)
}

// byPath puts all tenants at one name, each below its id.
func byPath(t *testing.T, p *production) *deployment {
	t.Helper()
	page := servePage(t)
	return p.deployment(t,
		func(string) string { return "http://localhost:" + page },
		func(made tenant) string { return p.public + "/" + made.ID },
	)
}

// deployment has a mail host of its own, which is that of all its tenants.
func (p *production) deployment(t *testing.T, origin func(slug string) string, api func(tenant) string) *deployment {
	t.Helper()
	mails := smtpsink.New(t, smtpsink.Options{Encryption: smtpsink.Plain, User: "shop", Password: "mail password"})
	return &deployment{
		console: p.console, token: p.token,
		config: func(slug string) map[string]any {
			host, err := url.Parse(origin(slug))
			if err != nil {
				panic(err) // it is made above
			}
			return map[string]any{
				"cors":     map[string]any{"allow_origins": []string{origin(slug)}},
				"webauthn": map[string]any{"relying_party": map[string]any{"id": host.Hostname(), "origins": []string{origin(slug)}}},
				"email_delivery": map[string]any{
					"from_address": "login@shop.example", "from_name": "Shop",
					"smtp": map[string]any{"host": mails.Host(), "port": mails.Port(), "user": "shop", "password": "mail password"},
				},
			}
		},
		place: func(_ *testing.T, made tenant) site {
			return site{page: origin(made.Slug) + "/?api=" + url.QueryEscape(api(made)), api: api(made), mailbox: sinkInbox{mails}}
		},
	}
}

// sinkInbox reads the mails that the mail host took.
type sinkInbox struct{ sink *smtpsink.Sink }

func (i sinkInbox) next(ctx context.Context, to string) (mail, error) {
	m, err := i.sink.Wait(ctx, to)
	return mail{From: m.From, To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML}, err
}

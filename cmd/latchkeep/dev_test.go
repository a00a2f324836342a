package main_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/freeport"
	"github.com/latchkeep/latchkeep/internal/smtpsink"
)

// devServer is a machine that runs dev mode on ports of its own.
type devServer struct {
	*machine
	ports [4]string // public, admin, console, ops
	data  string
}

func newDevServer(t *testing.T) *devServer {
	t.Helper()
	d := &devServer{machine: newMachine(t), data: ".latchkeep"}
	for i := range d.ports {
		d.ports[i] = freeport.Get(t)
	}
	return d
}

func (d *devServer) up(t *testing.T, args ...string) *server {
	t.Helper()
	s := d.start(t, append([]string{
		"dev", "--public-addr", "127.0.0.1:" + d.ports[0], "--admin-addr", "127.0.0.1:" + d.ports[1],
		"--console-addr", "127.0.0.1:" + d.ports[2], "--ops-addr", "127.0.0.1:" + d.ports[3],
	}, args...)...)
	s.says(t, "is running in dev mode")
	return s
}

func (d *devServer) at(base string) *browser { return browse("127.0.0.1:"+d.ports[0], base) }

func (d *devServer) demo() *browser { return d.at("http://demo.localhost:" + d.ports[0]) }

// console is the console API for the bearer of the token that dev mode keeps.
func (d *devServer) console(t *testing.T) *browser {
	t.Helper()
	return browse("127.0.0.1:"+d.ports[2], "http://localhost:"+d.ports[2]).as(d.file(t, "operator.token"))
}

// usersOfDemo asks the demo tenant's admin API, with the key that dev mode keeps, and returns the status.
func (d *devServer) usersOfDemo(t *testing.T) int { return d.ofDemo(t, "/users").status }

// ofDemo reads something of the demo tenant with its key.
func (d *devServer) ofDemo(t *testing.T, path string) reply {
	t.Helper()
	var page struct{ Tenants []struct{ ID string } }
	d.console(t).get(t, "/v1/tenants?slug=demo").json(t, &page)
	require.Len(t, page.Tenants, 1)
	admin := browse("127.0.0.1:"+d.ports[1], "http://localhost:"+d.ports[1]).as(d.file(t, "demo.key"))
	return admin.get(t, "/"+page.Tenants[0].ID+path)
}

func (d *devServer) file(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(d.dir, d.data, name))
	require.NoError(t, err)
	return strings.TrimSpace(string(content))
}

type inboxMail struct {
	ID, To, From, Subject, Text, HTML string
	CreatedAt                         time.Time `json:"created_at"`
}

// inbox are the mails to an address, as the JSON of the inbox has them.
func (d *devServer) inbox(t *testing.T, to string) []inboxMail {
	t.Helper()
	r := browse("127.0.0.1:"+d.ports[2], "http://localhost:"+d.ports[2]).get(t, "/dev/inbox/messages?to="+to)
	require.Equal(t, 200, r.status)
	var mails []inboxMail
	r.json(t, &mails)
	return mails
}

// mailTo waits for a mail in the inbox and returns its text.
func (d *devServer) mailTo(t *testing.T) func(to string) string {
	return func(to string) string {
		var mails []inboxMail
		require.Eventually(t, func() bool { mails = d.inbox(t, to); return len(mails) > 0 }, patience, 50*time.Millisecond, "no mail to %s", to)
		return mails[0].Text
	}
}

func TestDev_StartsFromNothingAndKeepsWhatItNeeds(t *testing.T) {
	t.Parallel()

	d := newDevServer(t)
	s := d.up(t)
	for _, text := range []string{
		"http://localhost:" + d.ports[0] + "/", "http://demo.localhost:" + d.ports[0] + "/", "http://localhost:" + d.ports[2] + "/dev/inbox", "operator.token",
	} {
		require.Contains(t, s.stdout.text(), text)
	}
	require.NotContains(t, s.stdout.text()+s.stderr.text(), d.file(t, "secret.key"))
	require.NotContains(t, s.stdout.text()+s.stderr.text(), d.file(t, "operator.token"))
	require.NotContains(t, s.stdout.text()+s.stderr.text(), d.file(t, "demo.key"))
	require.Equal(t, 200, d.usersOfDemo(t))
	require.NotContains(t, s.stderr.text(), "WARN", "nothing to worry about on a clean machine")
	d.nobodyElseReads(t)

	front := d.at("http://localhost:"+d.ports[0]).get(t, "/")
	require.Equal(t, 200, front.status)
	require.Contains(t, string(front.body), "http://demo.localhost:"+d.ports[0])
	demo := d.demo().get(t, "/")
	require.Equal(t, 200, demo.status)
	require.Contains(t, demo.header.Get("Content-Type"), "text/html")
	require.Contains(t, string(demo.body), "hanko-events", "a page with the components")

	r := d.console(t).get(t, "/v1/tenants")
	require.Equal(t, 200, r.status, "%s", r.body)
	require.Contains(t, string(r.body), `"slug":"demo"`)

	kim := d.demo().signUp(t, "kim@shop.example", d.mailTo(t))
	require.True(t, d.demo().valid(t, kim))
	mail := d.inbox(t, "kim@shop.example")[0]
	require.NotEmpty(t, mail.ID)
	require.Equal(t, "kim@shop.example", mail.To)
	require.Contains(t, mail.From, "@")
	require.NotEmpty(t, mail.Subject)
	require.Contains(t, mail.HTML, codeIn(t, mail.Text))
	require.WithinDuration(t, time.Now(), mail.CreatedAt, time.Minute)
	require.Empty(t, d.inbox(t, "nobody@shop.example"))
	require.Eventually(t, func() bool {
		return strings.Contains(string(d.ofDemo(t, "/audit_logs").body), `"type":"user_created"`)
	}, patience, 50*time.Millisecond, "whoever tries it out sees the audit log")

	began := time.Now()
	s.stop(t)
	require.Less(t, time.Since(began), 8*time.Second, "less than the ten seconds that it gives to what is under way")
}

// nobodyElseReads checks the rights of everything that dev mode keeps.
func (d *devServer) nobodyElseReads(t *testing.T) {
	t.Helper()
	root := filepath.Join(d.dir, d.data)
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := entry.Info()
		require.NoError(t, err)
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		require.Equal(t, want, info.Mode().Perm(), "rights of %s", path)
		return nil
	}))
}

func TestDev_ARestartKeepsEverything(t *testing.T) {
	t.Parallel()

	d := newDevServer(t)
	d.data = "kept/here"
	s := d.up(t, "--data", d.data)
	require.NoDirExists(t, filepath.Join(d.dir, ".latchkeep"))
	secret, token := d.file(t, "secret.key"), d.file(t, "operator.token")
	require.Equal(t, 201, d.console(t).send(t, "POST", "/v1/tenants", map[string]any{"slug": "shop"}).status)
	shop := d.at("http://shop.localhost:" + d.ports[0])
	kim := shop.signUp(t, "kim@shop.example", d.mailTo(t))
	s.stop(t)

	s = d.up(t, "--data", d.data)
	require.Equal(t, secret, d.file(t, "secret.key"))
	require.Equal(t, token, d.file(t, "operator.token"))
	require.True(t, shop.valid(t, kim), "sessions outlive a restart")
	require.True(t, shop.valid(t, shop.fresh().signIn(t, "kim@shop.example")))
	require.Equal(t, 409, d.console(t).send(t, "POST", "/v1/tenants", map[string]any{"slug": "shop"}).status)
	require.Equal(t, 200, d.demo().get(t, "/").status)
	d.nobodyElseReads(t)
	s.stop(t)

	// Somebody removes the database but not the token: it is made anew.
	require.NoError(t, os.Remove(filepath.Join(d.dir, d.data, "latchkeep.db")))
	d.up(t, "--data", d.data)
	require.NotEqual(t, token, d.file(t, "operator.token"))
	require.Equal(t, 200, d.console(t).get(t, "/v1/tenants").status)
	require.Equal(t, 200, d.usersOfDemo(t), "the key to the demo tenant was made anew, too")
}

func TestDev_AMailThatWasNotSentBeforeAPowerCutArrivesAfterIt(t *testing.T) {
	t.Parallel()

	sink := smtpsink.New(t, smtpsink.Options{Encryption: smtpsink.Plain, Behaviour: smtpsink.Hang(smtpsink.Recipient)})
	d := newDevServer(t)
	s := d.up(t)
	require.Equal(t, 201, d.console(t).send(t, "POST", "/v1/tenants", map[string]any{
		"slug": "shop", "config": map[string]any{"email_delivery": map[string]any{"smtp": map[string]any{"host": sink.Host(), "port": sink.Port()}}},
	}).status)
	shop := d.at("http://shop.localhost:" + d.ports[0])
	flow := shop.do(t, shop.begin(t, "registration"), "register_login_identifier", "email", "kim@shop.example")
	require.Eventually(t, func() bool { return sink.Connections() > 0 }, patience, 20*time.Millisecond)
	s.kill(t)
	require.Empty(t, sink.Messages())

	sink.Behave(smtpsink.Behaviour{})
	d.up(t)
	mail, err := sink.Wait(t.Context(), "kim@shop.example")
	require.NoError(t, err)
	require.True(t, shop.valid(t, shop.confirm(t, flow, codeIn(t, mail.Text))), "the flow goes on where it was")
}

func TestDev_TakesTheDataDirectoryFromTheEnvironmentToo(t *testing.T) {
	t.Parallel()

	d := newDevServer(t)
	d.data = "elsewhere"
	d.machine = d.with("LATCHKEEP_DEV_DATA="+d.data, "DATABASE_URL=postgres://another:program@db/x")
	d.up(t)
	require.NoDirExists(t, filepath.Join(d.dir, ".latchkeep"))
	d.nobodyElseReads(t)
}

func TestDev_SaysThatAPortIsTakenAndNothingElse(t *testing.T) {
	t.Parallel()

	d := newDevServer(t)
	taken, err := net.Listen("tcp", "127.0.0.1:"+d.ports[1])
	require.NoError(t, err)
	defer taken.Close()
	said := d.refuses(t, []string{
		"dev", "--public-addr", "127.0.0.1:" + d.ports[0], "--admin-addr", "127.0.0.1:" + d.ports[1],
		"--console-addr", "127.0.0.1:" + d.ports[2], "--ops-addr", "127.0.0.1:" + d.ports[3],
	}, "server.admin.address", "in use")
	require.NotContains(t, said, "is running")
}

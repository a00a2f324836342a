package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/devpages"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/console/web"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/worker"
)

// demoSlug is the tenant that dev mode makes.
const demoSlug = "demo"

// What dev mode keeps below the data directory for people to use.
const (
	tokenFile = "operator.token" // an operator's token
	keyFile   = "demo.key"       // an API key of the demo tenant
)

func newDev() *cobra.Command {
	return &cobra.Command{
		Use:   "dev",
		Short: "Run everything on this machine, with a demo tenant and an inbox for mails",
		Long: `Run everything in one process, to try it and to develop against it: all APIs, a SQLite database, a queue in memory, an inbox that
catches mails, and a demo tenant with a sign-in page. Everything it keeps is below the data directory (--data, .latchkeep by default).

It is not for production: pages and mails are open to whoever reaches the ports.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDev(cmd) },
	}
}

func runDev(cmd *cobra.Command) error {
	ctx := cmd.Context()
	s, log, err := load(cmd, settings.LoadOptions{Dev: true, Defaults: map[string]string{
		"audit_log.console_output.enabled": "false", "audit_log.storage.enabled": "true", "log.level": "warn",
	}})
	if err != nil {
		return err
	}
	data := s.Dev.Data
	if err := prepareData(s); err != nil {
		return err
	}
	pages, err := newDevPages(s, filepath.Join(data, tokenFile))
	if err != nil {
		return err
	}
	app, err := wire.New(ctx, s, wire.Options{
		Log: log, Version: version, Pages: pages, Mailer: pages, Listening: func() { pages.announce(cmd) },
	})
	if err != nil {
		return err
	}
	defer app.Close()
	pages.smtp = wire.NewSMTPMailer(s)
	if pages.index.DemoAdmin, err = seed(ctx, app, data); err != nil {
		return err
	}
	if pages.join, err = joinLink(ctx, app); err != nil {
		return err
	}
	return app.Serve(ctx, wire.Servers...)
}

// prepareData makes what dev mode keeps, for nobody else to read: the directory, the database's file, and a secret unless one is configured.
func prepareData(s *settings.Settings) error {
	data := s.Dev.Data
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	if path, ok := strings.CutPrefix(s.Database.URL.Reveal(), "sqlite://"); ok && filepath.Dir(path) == filepath.Clean(data) {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o600)
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			return fmt.Errorf("make the database: %w", err)
		}
	}
	if len(s.Secrets.Keys) > 0 {
		return nil
	}
	generated, err := keep(filepath.Join(data, "secret.key"), func() (string, error) { return rand.Text() + rand.Text(), nil })
	s.Secrets.Keys = []settings.Secret{settings.Secret(generated)}
	return err
}

// keep reads a secret from a file, or makes it and writes it there for the owner alone.
func keep(path string, generate func() (string, error)) (string, error) {
	found, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(found)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	text, err := generate()
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write %s: %w", path, err)
	}
	return text, nil
}

// devOperator is who may join the console of dev mode. Her mails are in the inbox.
const devOperator = "operator@example.com"

// joinLink is the link with which the first operator joins; empty where somebody has.
func joinLink(ctx context.Context, app *wire.App) (string, error) {
	joined, err := app.Operators.Joined(ctx)
	if err != nil || joined {
		return "", err
	}
	_, token, err := app.Operators.InviteOrAgain(ctx, tenants.ByCLI, operator.Invitation{Email: devOperator, Grants: []operator.Grant{{Role: operator.Owner}}})
	return operator.InvitationLink(app.Settings.Console.BaseURL.String(), token), err
}

// seed makes what is missing: the operator's token, the demo tenant, and a key to its admin API, whose URL it returns.
func seed(ctx context.Context, app *wire.App, data string) (adminURL string, err error) {
	err = keepToken(filepath.Join(data, tokenFile), func() (string, error) {
		_, plain, err := app.OperatorTokens.Create(ctx, tenants.ByCLI, nil, tenants.NewOperatorToken{NewToken: tenants.NewToken{Name: "dev"}})
		return plain, err
	}, func(token string) error {
		_, err := app.OperatorTokens.Authenticate(ctx, token)
		return err
	})
	if err != nil {
		return "", err
	}
	demo, err := app.Provisioner.GetBySlug(ctx, demoSlug)
	if errors.Is(err, tenants.ErrNotFound) {
		demo, err = app.Provisioner.Create(ctx, tenants.ByCLI, tenants.NewTenant{Slug: demoSlug, Name: "Latchkeep Demo"})
		if p, ok := errors.AsType[*problem.Error](err); ok && p.Kind == problem.KindConflict {
			return "", nil // it is being deleted
		}
	}
	if err != nil {
		return "", err
	}
	return demo.AdminURL, keepToken(filepath.Join(data, keyFile), func() (string, error) {
		_, plain, err := app.APIKeys.Create(ctx, tenants.ByCLI, nil, demo.ID, tenants.NewToken{Name: "dev"})
		return plain, err
	}, func(key string) error {
		_, err := app.APIKeys.Authenticate(ctx, key)
		return err
	})
}

// keepToken is keep for what the database knows too, which may have been made anew since.
func keepToken(path string, create func() (string, error), check func(string) error) error {
	token, err := keep(path, create)
	if err != nil || check(token) == nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("replace what is in %s: %w", path, err)
	}
	_, err = keep(path, create)
	return err
}

// devPages are the pages of dev mode, and the mailer that feeds the inbox.
type devPages struct {
	pages *devpages.Pages
	inbox *devpages.Inbox
	index devpages.Index
	smtp  worker.Mailer
	join  string // the link of the first operator; empty where somebody has joined
}

func newDevPages(s *settings.Settings, token string) (*devPages, error) {
	pages, err := devpages.New()
	if err != nil {
		return nil, err
	}
	public, console := s.Public.BaseURL, s.Console.BaseURL.String()
	index := devpages.Index{
		Home:         public.String() + "/",
		Demo:         public.Sub(demoSlug).String() + "/",
		Inbox:        console + "/dev/inbox",
		PublicDocs:   public.Sub(demoSlug).String() + wire.PublicDocs,
		AdminDocs:    s.Admin.BaseURL.String() + wire.AdminDocs,
		ConsoleDocs:  console + wire.ConsoleDocs,
		ConsolePages: console + web.Base + "/",
		Console:      console,
		Ops:          "http://localhost" + s.Server.Ops.Address[strings.LastIndex(s.Server.Ops.Address, ":"):],
		KeyFile:      filepath.Join(filepath.Dir(token), keyFile),
		TokenFile:    token,
		Version:      version,
	}
	return &devPages{pages: pages, inbox: &devpages.Inbox{}, index: index}, nil
}

// Send catches a mail, unless its tenant names a mail host of its own.
func (p *devPages) Send(ctx context.Context, t *tenants.Tenant, m mail.Message) error {
	if wire.NamesMailHost(t) {
		return p.smtp.Send(ctx, t, m)
	}
	p.inbox.Add(devpages.Message{To: m.To.Address, From: m.From.Address, Subject: m.Subject, Text: m.Text, HTML: m.HTML})
	return nil
}

// Base serves the front page.
func (p *devPages) Base() http.Handler { return p.pages.Index(p.index) }

// Assets serves what the pages load.
func (p *devPages) Assets() http.Handler { return p.pages.Assets() }

// Tenant serves a tenant's sign-in page.
func (p *devPages) Tenant(w http.ResponseWriter, r *http.Request, t *tenants.Tenant, base string) {
	name := t.Name
	if name == "" {
		name = t.Slug
	}
	p.pages.Demo(w, devpages.Demo{
		Name: name, API: "http://" + r.Host + base, Assets: base + "/_/assets/", Inbox: p.index.Inbox,
	})
}

// Console serves the inbox.
func (p *devPages) Console() http.Handler { return p.pages.Inbox(p.inbox) }

// announce says where everything is.
func (p *devPages) announce(cmd *cobra.Command) {
	fmt.Fprintf(cmd.OutOrStdout(), `
  Latchkeep %s is running in dev mode.

    Start here     %s
    Demo tenant    %s
    Mail inbox     %s
    Public API     %s
    Admin API      %s     its key: %s
    Console API    %s     its token: %s
    Console        %s

  Ctrl+C stops it. Everything it keeps is in %s.

`, version, p.index.Home, p.index.Demo, p.index.Inbox, p.index.PublicDocs, p.index.AdminDocs, p.index.KeyFile, p.index.ConsoleDocs, p.index.TokenFile, p.console(), filepath.Dir(p.index.TokenFile))
}

// console is where the console is: with the link of the first operator, as long as nobody has joined.
func (p *devPages) console() string {
	if p.join != "" {
		return p.join + "     (works once: you become its owner)"
	}
	return p.index.ConsolePages
}

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

	"github.com/latchkeep/latchkeep/cmd/latchkeep/devpages"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/worker"
)

// demoSlug is the tenant that dev mode makes.
const demoSlug = "demo"

// tokenFile holds the operator's token of dev mode, below the data directory.
const tokenFile = "operator.token"

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
		"audit_log.console_output.enabled": "false", "log.level": "warn",
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
	if err := seed(ctx, app, filepath.Join(data, tokenFile)); err != nil {
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

// seed makes the operator's token and the demo tenant, where they are missing.
func seed(ctx context.Context, app *wire.App, path string) error {
	create := func() (string, error) {
		_, plain, err := app.Operators.Create(ctx, tenants.ByCLI, nil, tenants.NewOperatorToken{NewToken: tenants.NewToken{Name: "dev"}})
		return plain, err
	}
	token, err := keep(path, create)
	if err != nil {
		return err
	}
	if _, err := app.Operators.Authenticate(ctx, token); err != nil { // the database was made anew
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("replace the operator's token: %w", err)
		}
		if _, err := keep(path, create); err != nil {
			return err
		}
	}
	_, err = app.Provisioner.Create(ctx, tenants.ByCLI, tenants.NewTenant{
		Slug: demoSlug, Name: "Latchkeep Demo",
	})
	if p, ok := errors.AsType[*problem.Error](err); ok && p.Kind == problem.KindConflict {
		return nil
	}
	return err
}

// devPages are the pages of dev mode, and the mailer that feeds the inbox.
type devPages struct {
	pages *devpages.Pages
	inbox *devpages.Inbox
	index devpages.Index
	smtp  worker.Mailer
}

func newDevPages(s *settings.Settings, token string) (*devPages, error) {
	pages, err := devpages.New()
	if err != nil {
		return nil, err
	}
	public, console := s.Public.BaseURL, s.Console.BaseURL.String()
	index := devpages.Index{
		Home:        public.String() + "/",
		Demo:        public.Sub(demoSlug).String() + "/",
		Inbox:       console + "/dev/inbox",
		PublicDocs:  public.Sub(demoSlug).String() + wire.PublicDocs,
		ConsoleDocs: console + wire.ConsoleDocs,
		Console:     console,
		Admin:       s.Admin.BaseURL.String(),
		Ops:         "http://localhost" + s.Server.Ops.Address[strings.LastIndex(s.Server.Ops.Address, ":"):],
		TokenFile:   token,
		Version:     version,
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
    Console API    %s
    Token          %s

  Ctrl+C stops it. Everything it keeps is in %s.

`, version, p.index.Home, p.index.Demo, p.index.Inbox, p.index.PublicDocs, p.index.ConsoleDocs, p.index.TokenFile, filepath.Dir(p.index.TokenFile))
}

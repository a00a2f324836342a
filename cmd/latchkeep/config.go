package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants/config"
)

func newConfig() *cobra.Command {
	return group("config", "Look at the configuration", newConfigCheck(), newConfigShow())
}

// checked is what "config check" found out.
type checked struct {
	OK       bool               `json:"ok"`
	Problems []problemFound     `json:"problems"`
	Warnings []string           `json:"warnings"`
	Settings map[string]string  `json:"settings,omitempty"`
	Tenant   json.RawMessage    `json:"tenant,omitempty"` // of the only tenant, what is not as usual
	text     *settings.Settings // for people
}

type problemFound struct {
	Setting string `json:"setting"`
	Where   string `json:"where,omitempty"`
	Reason  string `json:"reason"`
	Fix     string `json:"fix,omitempty"`
}

func newConfigCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Check the configuration and print what is in effect, without secrets", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := checkConfig(cmd)
			if err != nil && !wantsJSON(cmd) {
				return err
			}
			if printed := answer(cmd, c, c.print); printed != nil {
				return printed
			}
			return err
		},
	}
}

// checkConfig reads everything that can be read without a database. The error is what is wrong.
func checkConfig(cmd *cobra.Command) (checked, error) {
	c := checked{Problems: []problemFound{}, Warnings: []string{}}
	var s *settings.Settings
	var tenant *config.Config
	var err error
	if wantsJSON(cmd) {
		var notices settings.Notices
		s, notices, err = read(cmd, settings.LoadOptions{})
		for _, n := range notices {
			if n.Warning {
				c.Warnings = append(c.Warnings, n.String())
			}
		}
		if err == nil {
			tenant, err = wire.Check(cmd.Context(), s, slog.New(collector{&c.Warnings}))
		}
	} else {
		var log *slog.Logger
		if s, log, err = loadBriefly(cmd, settings.LoadOptions{}); err == nil {
			tenant, err = wire.Check(cmd.Context(), s, log)
		}
	}
	if err != nil {
		c.add(err)
		return c, err
	}
	c.OK, c.text, c.Settings = true, s, map[string]string{}
	for _, a := range s.LogValue().Group() {
		c.Settings[a.Key] = a.Value.String()
	}
	if tenant != nil {
		for _, w := range tenant.Warnings() {
			c.Warnings = append(c.Warnings, w.String())
		}
		c.Tenant = config.Diff(config.Default(), config.Mask(*tenant))
	}
	return c, nil
}

// add takes an error apart.
func (c *checked) add(err error) {
	problems, ok := errors.AsType[settings.Problems](err)
	if !ok {
		c.Problems = append(c.Problems, problemFound{Reason: explain(err)})
		return
	}
	for _, p := range problems {
		c.Problems = append(c.Problems, problemFound{p.Key, p.Where, p.Reason, p.Fix})
	}
}

func (c checked) print(w io.Writer) error {
	fmt.Fprint(w, c.text)
	if c.Tenant == nil {
		return nil
	}
	fmt.Fprintln(w, "\nThe tenant, as far as it is not as usual:")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(c.Tenant); err != nil {
		return err
	}
	for _, warning := range c.Warnings {
		fmt.Fprintln(w, "warning:", warning)
	}
	return nil
}

// collector is a log that keeps what is said.
type collector struct{ said *[]string }

func (collector) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (c collector) Handle(_ context.Context, r slog.Record) error {
	*c.said = append(*c.said, r.Message)
	return nil
}

func (c collector) WithAttrs([]slog.Attr) slog.Handler { return c }
func (c collector) WithGroup(string) slog.Handler      { return c }

func newConfigShow() *cobra.Command {
	var which choice
	var secrets bool
	cmd := &cobra.Command{
		Use: "show", Short: "Print the whole configuration of a tenant in one line of JSON", Args: cobra.NoArgs,
		Long: `Print the whole configuration of a tenant, defaults included, in one line of JSON. Secrets are masked.

With one tenant it is that of the file and the environment, and no database is asked. With many, --tenant says which.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, log, err := loadBriefly(cmd, settings.LoadOptions{Skip: settings.SkipSecrets | settings.SkipDatabase})
			if err != nil {
				return err
			}
			if s.MultiTenancy.Enabled {
				if err := which.check(true); err != nil {
					return misuse{err}
				}
				return open(cmd, func(ctx context.Context, app *wire.App) error {
					t, err := which.find(ctx, app)
					if err != nil {
						return err
					}
					return printConfig(cmd, *t.Config, secrets)
				})
			}
			c, err := wire.SingleConfig(cmd.Context(), s, log)
			if err != nil {
				return err
			}
			return printConfig(cmd, *c, secrets)
		},
	}
	which.flags(cmd)
	cmd.Flags().BoolVar(&secrets, "show-secrets", false, "print secrets in clear")
	return cmd
}

func printConfig(cmd *cobra.Command, c config.Config, secrets bool) error {
	if !secrets {
		c = config.Mask(c)
	}
	encoder := json.NewEncoder(cmd.OutOrStdout())
	encoder.SetEscapeHTML(false)
	return encoder.Encode(c)
}

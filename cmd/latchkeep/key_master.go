package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkeep/latchkeep/auth/reseal"
	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
)

func newKeyStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show what is sealed under which entry of secrets.keys, and which of them can be removed", Args: cobra.NoArgs,
		Long: `Show what is sealed under which entry of secrets.keys, as the worker or the command below last counted it, and which entries can be removed. Secrets are
told apart by a fingerprint, which reveals nothing about them. See docs/key-rotation.md.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				s, err := app.Reseal.Status(ctx)
				if err != nil {
					return err
				}
				shown := showMasterKeys(s)
				return answer(cmd, shown, shown.print)
			})
		},
	}
}

func newKeyReencrypt() *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use: "reencrypt", Short: "Seal everything anew that is under an entry of secrets.keys other than the first", Args: cobra.NoArgs,
		Long: `Seal everything anew that is under an entry of secrets.keys other than the first. The worker does this by itself, slowly; the command does it now. It can
be interrupted at any time and goes on where it was; the program may run meanwhile. The first entry must be on all replicas before, see docs/key-rotation.md.

With --dry-run it only counts, and the exit status is 2 where something would be sealed anew. It exits with 1 where values are sealed under a secret that is
not configured.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return open(cmd, func(ctx context.Context, app *wire.App) error {
				tell := progress(cmd)
				work := app.Reseal.Reencrypt
				if dry {
					work = app.Reseal.Count
				}
				began := time.Now()
				report, err := work(ctx, tell)
				if err != nil {
					return err
				}
				shown := showMasterKeys(app.Reseal.StatusOf(report))
				shown.Looked, shown.Resealed, shown.Took = report.Looked, report.Resealed, time.Since(began).Round(time.Millisecond).String()
				if !dry {
					s, err := app.Reseal.Status(ctx)
					if err != nil {
						return err
					}
					shown.Entries = showMasterKeys(s).Entries
				}
				if err := answer(cmd, shown, shown.print); err != nil {
					return err
				}
				if err := app.Reseal.Check(report); err != nil {
					return err
				}
				if dry && app.Reseal.Stale(report) > 0 {
					return differs
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "count, and change nothing")
	return cmd
}

// progress tells people, on standard error, how far the work is: once a second at most.
func progress(cmd *cobra.Command) func(reseal.Progress) {
	last := time.Now()
	return func(p reseal.Progress) {
		if wantsJSON(cmd) || p.Done || time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		fmt.Fprintf(os.Stderr, "%s: %d looked at, %d sealed anew\n", p.Place, p.Report.Looked, p.Report.Resealed)
	}
}

// masterKeys are what the commands print.
type masterKeys struct {
	Entries   []masterKey `json:"entries"`
	Others    []masterKey `json:"undecryptable"`
	CountedAt *time.Time  `json:"counted_at"`
	Behind    bool        `json:"behind,omitempty"`
	Looked    int         `json:"looked,omitempty"`
	Resealed  int         `json:"resealed,omitempty"`
	Took      string      `json:"took,omitempty"`
}

type masterKey struct {
	Position      int            `json:"position,omitempty"` // 1 encrypts
	Fingerprint   string         `json:"fingerprint,omitempty"`
	WellKnown     bool           `json:"well_known,omitempty"`
	Total         int            `json:"total"`
	Values        map[string]int `json:"values,omitempty"`
	Removable     bool           `json:"removable,omitempty"`
	RemovableFrom *time.Time     `json:"removable_from,omitempty"`
}

func showMasterKeys(s reseal.Status) masterKeys {
	shown := masterKeys{CountedAt: s.Counted, Behind: s.Behind, Others: []masterKey{}}
	for _, e := range s.Entries {
		one := masterKey{
			Position: e.Position + 1, WellKnown: e.Legacy, Total: e.Total, Values: e.Places, Removable: e.Removable, RemovableFrom: e.RemovableFrom,
		}
		if !e.Legacy {
			one.Fingerprint = e.Key.String()
		}
		shown.Entries = append(shown.Entries, one)
	}
	for _, o := range s.Others {
		shown.Others = append(shown.Others, masterKey{Fingerprint: o.Name, Total: o.Total, Values: o.Places})
	}
	return shown
}

func (m masterKeys) print(w io.Writer) error {
	err := table("ENTRY\tFINGERPRINT\tVALUES\t", func(w io.Writer) {
		for _, e := range m.Entries {
			fmt.Fprintf(w, "%d\t%s\t%d\t%s\n", e.Position, dash(e.Fingerprint), e.Total, e.what())
		}
		for _, o := range m.Others {
			fmt.Fprintf(w, "none\t%s\t%d\tundecryptable\n", o.Fingerprint, o.Total)
		}
	})(w)
	if err != nil {
		return err
	}
	if m.Behind {
		fmt.Fprintln(w, reseal.ErrBehind)
	}
	switch {
	case m.Took != "":
		fmt.Fprintf(w, "%d values looked at, %d sealed anew, in %s\n", m.Looked, m.Resealed, m.Took)
	case m.CountedAt != nil:
		fmt.Fprintf(w, "counted %s\n", m.CountedAt.Format(time.RFC3339))
	default:
		fmt.Fprintln(w, "nobody has counted yet: the worker does, or latchkeep key reencrypt")
	}
	return nil
}

func (k masterKey) what() string {
	switch {
	case k.Position == 1:
		return "encrypts"
	case k.WellKnown:
		return "well known: for the import of an older database only"
	case k.Removable:
		return "can be removed"
	case k.RemovableFrom != nil:
		return "can be removed from " + k.RemovableFrom.Format(time.RFC3339)
	default:
		return "decrypts"
	}
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

package wire

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/latchkeep/latchkeep/auth/reseal"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// masterKeys tells what is sealed under which of the secrets, as last counted, and which of them may go.
func (d *diagnosis) masterKeys(ctx context.Context, st *store.Store, keyring *secret.Keyring) {
	const what = "master keys"
	room := reseal.NewRoom(reseal.Needs{Store: st, Keyring: keyring, Log: slog.New(slog.DiscardHandler)})
	s, err := room.Status(ctx)
	switch {
	case err != nil:
		d.note(Doubt, what, "", "%v", err)
		return
	case s.Counted == nil:
		d.note(Healthy, what, "", "nobody has counted yet what is sealed under which: the worker does")
		return
	}
	if n := s.Unreadable(); n > 0 {
		d.note(Doubt, what, "put the entry that is missing back into secrets.keys, behind the first: see latchkeep key status and docs/key-rotation.md",
			"%d values are sealed under a secret that is not configured, or damaged", n)
	}
	if s.Behind {
		d.note(Doubt, what, "give all processes the same order, or run latchkeep key reencrypt where the order is right", "%v", reseal.ErrBehind)
	}
	for _, e := range s.Entries[1:] {
		name := fmt.Sprintf("entry %d of secrets.keys", e.Position+1)
		switch {
		case e.Legacy: // the warnings of the settings tell of it
		case e.Removable:
			d.note(Healthy, what, "", "%s (%s) seals nothing any more: it can be removed", name, e.Key)
		case e.RemovableFrom != nil:
			d.note(Healthy, what, "", "%s (%s) seals only what expires: it can be removed from %s", name, e.Key, e.RemovableFrom.Format("2006-01-02 15:04 MST"))
		default:
			d.note(Healthy, what, "", "%s (%s) seals %d values: it is still needed", name, e.Key, e.Total)
		}
	}
	d.note(Healthy, what, "", "%d values are sealed under the first entry (%s)", s.Entries[0].Total, s.Entries[0].Key)
}

package flows_test

import (
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// A kit is what the attacker carries: authenticators and apps.
type kit struct{ ready bool }

func newKit(w *walk) kit { return kit{} }

func (k *kit) later(r *realm) {}

func (k *kit) otp(w *walk, a *attempt, action string, sensible bool) any { return "123456" }

func (k *kit) assertion(w *walk, a *attempt, sensible bool) any { return map[string]any{} }

func (k *kit) attestation(w *walk, a *attempt, sensible bool) any { return map[string]any{} }

// owners of an app that shows a code, or of an unused recovery code.
func (k *kit) owners(w *walk, r *realm, code string) map[uuid.UUID]bool { return nil }

func (k *kit) keep(w *walk, a *attempt, s testenv.State) {}

package web

import (
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/tenants"
)

// receiptList is what the page of the purge receipts shows.
type receiptList struct {
	Receipts []shownReceipt
	Search   string
	Next     string
}

// A shownReceipt is a receipt, and what it says.
type shownReceipt struct {
	*tenants.Receipt

	Says tenants.Statement
	// Valid is whether a key of this deployment signed what it says.
	Valid bool
}

func (s *Server) receipts(v *visit) error {
	v.Section = "tenants"
	list := receiptList{Search: v.query("q")}
	after, err := uuid.Parse(v.query("after"))
	if err != nil {
		after = uuid.Nil
	}
	var found tenants.Page[*tenants.Receipt]
	if list.Search != "" {
		found.Items, err = s.o.Tenants.FindReceipts(v.ctx(), list.Search, perPage)
	} else {
		found, err = s.o.Tenants.Receipts(v.ctx(), after, perPage)
	}
	if err != nil {
		return err
	}
	for _, r := range found.Items {
		shown := shownReceipt{Receipt: r}
		if err := json.Unmarshal(r.Statement, &shown.Says); err != nil {
			return err
		}
		list.Receipts = append(list.Receipts, shown)
	}
	if found.Next != uuid.Nil {
		list.Next = "/receipts?after=" + found.Next.String()
	}
	return v.show("Receipts", receiptsPage(list))
}

// receipt shows one, and whether its signature holds.
func (s *Server) receipt(v *visit) error {
	v.Section = "tenants"
	id, err := v.id("purged")
	if err != nil {
		return err
	}
	shown := shownReceipt{}
	if shown.Receipt, err = s.o.Tenants.Receipt(v.ctx(), id); err != nil {
		return err
	}
	if err := json.Unmarshal(shown.Statement, &shown.Says); err != nil {
		return err
	}
	keys, err := s.o.Tenants.ReceiptKeys(v.ctx())
	if err != nil {
		return err
	}
	_, err = shown.Verify(keys, s.o.Now())
	shown.Valid = err == nil
	return v.show("Receipt", receiptPage(shown))
}

// purgeTenant ends the grace period of a deleted tenant whose slug was typed. Nothing brings the data back.
func (s *Server) purgeTenant(v *visit) error {
	id, err := v.id("deleted")
	if err != nil {
		return err
	}
	if _, err := s.o.Tenants.PurgeNow(v.ctx(), v.Who.Actor, id, v.form("confirm")); err != nil {
		wrong, failed := fields(err)
		if failed != nil {
			return failed
		}
		return s.showDeleted(v, http.StatusUnprocessableEntity, purgeForm{ID: id, Wrong: wrong})
	}
	return v.done("/receipts", "Its data is being erased. When the last of it is gone there is a receipt here.")
}

// purgeForm is what was wrong with the form that erases a tenant.
type purgeForm struct {
	ID    uuid.UUID
	Wrong fieldErrors
}

package hankodb

import (
	"context"
	"strings"

	"github.com/google/uuid"
)

func (s *Source) credentials(ctx context.Context, byID map[uuid.UUID]*person, ids []uuid.UUID) error {
	cols := append(text("id", "user_id", "name", "public_key", "attestation_type", "aaguid", "user_handle_id"),
		bools("backup_eligible", "backup_state", "mfa_only")...)
	cols = append(cols, append(ints("sign_count"), times("last_used_at", "created_at", "updated_at")...)...)
	handles := map[uuid.UUID]string{}
	err := s.from("webauthn_credential_user_handles").in("user_id", ids).each(ctx, text("id", "user_id", "handle"), func(r *row) error {
		handles[r.id("id")] = r.text("handle")
		return nil
	})
	if err != nil {
		return err
	}
	var names []string
	owner := map[string]*person{}
	err = s.from("webauthn_credentials").in("user_id", ids).then("ORDER BY created_at, id").each(ctx, cols, func(r *row) error {
		p := byID[r.id("user_id")]
		if p == nil {
			return nil
		}
		c := credential{
			id: r.text("id"), name: r.text("name"), publicKey: r.text("public_key"), attestation: r.text("attestation_type"),
			aaguid: r.text("aaguid"), handleID: r.id("user_handle_id"), signCount: r.int("sign_count"),
			eligible: r.bool("backup_eligible"), backedUp: r.bool("backup_state"), mfaOnly: r.bool("mfa_only"),
			used: r.time("last_used_at"), created: r.time("created_at"), updated: r.time("updated_at"),
		}
		c.handle = handles[c.handleID]
		p.credentials = append(p.credentials, c)
		names = append(names, c.id)
		owner[c.id] = p
		return nil
	})
	if err != nil || len(names) == 0 {
		return err
	}
	return s.transports(ctx, names, owner)
}

// transports are read for the credentials of a page at once. Their ids are texts of others, so they are passed as values.
func (s *Source) transports(ctx context.Context, names []string, owner map[string]*person) error {
	const most = 500
	for len(names) > 0 {
		part := names[:min(most, len(names))]
		names = names[len(part):]
		q := s.from("webauthn_credential_transports")
		list := make([]string, len(part))
		for i, name := range part {
			list[i] = q.arg(name)
		}
		q.and("webauthn_credential_id IN (" + strings.Join(list, ",") + ")").then("ORDER BY id")
		err := q.each(ctx, text("name", "webauthn_credential_id"), func(r *row) error {
			id := r.text("webauthn_credential_id")
			p := owner[id]
			if p == nil {
				return nil
			}
			for i := range p.credentials {
				if p.credentials[i].id == id {
					p.credentials[i].transports = append(p.credentials[i].transports, r.text("name"))
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

package hankodb

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// A person is a user of the old database with all that hangs on her, as it was read.
type person struct {
	raw                                  string // the id as it is written there
	id                                   uuid.UUID
	name, givenName, familyName, picture string
	created, updated                     time.Time
	emails                               []email
	usernames                            []username
	passwords                            []password
	apps                                 []app
	credentials                          []credential
	identities                           []identity
	metadata                             []metadata
}

type email struct {
	raw              string
	id               uuid.UUID
	address          string
	verified         bool
	created, updated time.Time
	primary          time.Time // since when it is a primary address; zero: it is not
}

type username struct {
	id               uuid.UUID
	name             string
	created, updated time.Time
}

type password struct {
	id               uuid.UUID
	hash             string
	created, updated time.Time
}

type app struct {
	id               uuid.UUID
	secret           string
	step             *int64
	created, updated time.Time
}

type credential struct {
	id, name, publicKey, attestation, aaguid string
	handleID                                 uuid.UUID
	handle                                   string
	signCount                                int64
	eligible, backedUp, mfaOnly              bool
	transports                               []string
	used, created, updated                   time.Time
}

type identity struct {
	raw              string
	id, user, email  uuid.UUID
	subject          string
	provider, claims string
	domain           string // of the SAML provider
	created, updated time.Time
}

type metadata struct{ public, private, unsafe string }

// people reads a tenant's users after one, in the order of their ids, with all that hangs on them. There are none left when it is empty.
func (s *Source) people(ctx context.Context, tenant uuid.UUID, after string, limit int) ([]*person, error) {
	q := s.from("users").of(tenant).after(after)
	var page []*person
	cols := append(text("id", "name", "given_name", "family_name", "picture", "email", "username"), times("created_at", "updated_at")...)
	cols = append(cols, bools("verified")...)
	err := q.then("ORDER BY id LIMIT "+strconv.Itoa(limit)).each(ctx, cols, func(r *row) error {
		p := &person{
			raw: r.text("id"), id: r.id("id"), name: r.text("name"), givenName: r.text("given_name"), familyName: r.text("family_name"), picture: r.text("picture"),
			created: r.time("created_at"), updated: r.time("updated_at"),
		}
		s.readOldUser(p, r)
		page = append(page, p)
		return nil
	})
	if err != nil || len(page) == 0 {
		return page, err
	}
	byID := make(map[uuid.UUID]*person, len(page))
	ids := make([]uuid.UUID, len(page))
	for i, p := range page {
		byID[p.id], ids[i] = p, p.id
	}
	for _, read := range []func(context.Context, map[uuid.UUID]*person, []uuid.UUID) error{
		s.emails, s.usernames, s.passwords, s.apps, s.credentials, s.identities, s.metadata,
	} {
		if err := read(ctx, byID, ids); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// readOldUser reads what stood in the row of a user itself, in versions of before 2022-10 and 2024-07. The ids are made of hers, so that
// they are the same whenever they are read.
func (s *Source) readOldUser(p *person, r *row) {
	if address := r.text("email"); address != "" && !s.catalog.has("emails") {
		p.emails = []email{{
			id: uuid.NewSHA1(p.id, []byte("email")), address: address, verified: r.bool("verified"), created: p.created, updated: p.updated,
			primary: or(p.created, time.Unix(1, 0)),
		}}
	}
	if name := r.text("username"); name != "" && !s.catalog.has("usernames") {
		p.usernames = []username{{id: uuid.NewSHA1(p.id, []byte("username")), name: name, created: p.created, updated: p.updated}}
	}
}

func (s *Source) emails(ctx context.Context, byID map[uuid.UUID]*person, ids []uuid.UUID) error {
	primary := map[uuid.UUID]time.Time{}
	cols := append(text("email_id"), times("created_at")...)
	err := s.from("primary_emails").in("user_id", ids).each(ctx, cols, func(r *row) error {
		primary[r.id("email_id")] = or(r.time("created_at"), time.Unix(1, 0))
		return nil
	})
	if err != nil {
		return err
	}
	cols = append(text("id", "user_id", "address"), append(bools("verified"), times("created_at", "updated_at")...)...)
	return s.from("emails").in("user_id", ids).then("ORDER BY created_at, id").each(ctx, cols, func(r *row) error {
		p := byID[r.id("user_id")]
		if p == nil {
			return nil
		}
		p.emails = append(p.emails, email{
			id: r.id("id"), address: r.text("address"), verified: r.bool("verified"), created: r.time("created_at"), updated: r.time("updated_at"),
			primary: primary[r.id("id")],
		})
		return nil
	})
}

func (s *Source) usernames(ctx context.Context, byID map[uuid.UUID]*person, ids []uuid.UUID) error {
	cols := append(text("id", "user_id", "username"), times("created_at", "updated_at")...)
	return s.from("usernames").in("user_id", ids).then("ORDER BY created_at, id").each(ctx, cols, func(r *row) error {
		p := byID[r.id("user_id")]
		if p == nil {
			return nil
		}
		p.usernames = append(p.usernames, username{
			id: r.id("id"), name: r.text("username"), created: r.time("created_at"), updated: r.time("updated_at"),
		})
		return nil
	})
}

func (s *Source) passwords(ctx context.Context, byID map[uuid.UUID]*person, ids []uuid.UUID) error {
	cols := append(text("id", "user_id", "password"), times("created_at", "updated_at")...)
	return s.from("password_credentials").in("user_id", ids).then("ORDER BY updated_at DESC, id").each(ctx, cols, func(r *row) error {
		p := byID[r.id("user_id")]
		if p == nil {
			return nil
		}
		p.passwords = append(p.passwords, password{
			id: r.id("id"), hash: r.text("password"), created: r.time("created_at"), updated: r.time("updated_at"),
		})
		return nil
	})
}

func (s *Source) apps(ctx context.Context, byID map[uuid.UUID]*person, ids []uuid.UUID) error {
	cols := append(text("id", "user_id", "secret"), append(ints("last_validated_step"), times("created_at", "updated_at")...)...)
	return s.from("otp_secrets").in("user_id", ids).then("ORDER BY updated_at DESC, id").each(ctx, cols, func(r *row) error {
		a := app{id: r.id("id"), secret: r.text("secret"), created: r.time("created_at"), updated: r.time("updated_at")}
		if r.intGiven("last_validated_step") {
			step := r.int("last_validated_step")
			a.step = &step
		}
		p := byID[r.id("user_id")]
		if p == nil {
			return nil
		}
		p.apps = append(p.apps, a)
		return nil
	})
}

func (s *Source) metadata(ctx context.Context, byID map[uuid.UUID]*person, ids []uuid.UUID) error {
	cols := text("user_id", "public_metadata", "private_metadata", "unsafe_metadata")
	return s.from("user_metadata").in("user_id", ids).each(ctx, cols, func(r *row) error {
		p := byID[r.id("user_id")]
		if p == nil {
			return nil
		}
		p.metadata = append(p.metadata, metadata{r.text("public_metadata"), r.text("private_metadata"), r.text("unsafe_metadata")})
		return nil
	})
}

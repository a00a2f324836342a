package user

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/metadatamember"
	"github.com/latchkeep/latchkeep/ent/store"
)

// maxMembers is how many top-level members of a kind of metadata people can be found by: the first ones by name.
const maxMembers = 64

// A MetadataCategory is a kind of metadata.
type MetadataCategory string

// The kinds of metadata.
const (
	PublicMetadata  MetadataCategory = "public"
	PrivateMetadata MetadataCategory = "private"
	UnsafeMetadata  MetadataCategory = "unsafe"
)

// A MetadataRow is what is stored of a top-level member of someone's metadata, so that she is found by it: digests, since both sides may be
// long and only equality is asked for.
type MetadataRow struct{ Name, Value []byte }

// MetadataRows are the rows for someone's metadata, in a stable order. A text that is no JSON object has none.
func MetadataRows(m Metadata) []MetadataRow {
	var rows []MetadataRow
	for _, c := range []struct {
		category MetadataCategory
		text     string
	}{{PublicMetadata, m.Public}, {PrivateMetadata, m.Private}, {UnsafeMetadata, m.Unsafe}} {
		var members map[string]json.RawMessage
		if c.text == "" || json.Unmarshal([]byte(c.text), &members) != nil {
			continue
		}
		names := slices.Sorted(maps.Keys(members))
		for _, name := range names[:min(len(names), maxMembers)] {
			if value, ok := MetadataValue(members[name]); ok {
				rows = append(rows, MetadataRow{Name: MetadataName(c.category, name), Value: value})
			}
		}
	}
	return rows
}

// MetadataName is the digest of a member's name within its category.
func MetadataName(c MetadataCategory, name string) []byte { return digest(string(c) + "\x00" + name) }

// MetadataValue is the digest of a JSON value, the same however the value is written: white space, the order of members, escapes and the
// form of numbers do not matter. It is false where the text is no JSON.
func MetadataValue(value json.RawMessage) ([]byte, bool) {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil || d.More() {
		return nil, false
	}
	canonical, err := json.Marshal(plainNumbers(v))
	if err != nil {
		return nil, false
	}
	return digest(string(canonical)), true
}

// plainNumbers writes 1.0 and 1e0 as 1.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			v[name] = plainNumbers(v[name])
		}
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case json.Number:
		if len(v) > 64 || !strings.ContainsAny(string(v), ".eE") {
			return v
		}
		f, _, err := big.ParseFloat(string(v), 10, 256, big.ToNearestEven)
		if err != nil || f.IsInf() || f.MantExp(nil) > 256 || f.MantExp(nil) < -256 {
			return v
		}
		return json.Number(f.Text('g', 40))
	}
	return v
}

func digest(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:16]
}

// SyncMetadata makes a person findable by the metadata she has from now on. It belongs into the unit of work that stores them. A person who
// is stored in the same unit needs AddMetadataMembers alone.
func SyncMetadata(userID uuid.UUID, m Metadata) store.Write {
	add := AddMetadataMembers(userID, m)
	return func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.MetadataMember.Delete().Where(metadatamember.UserID(userID)).Exec(ctx); err != nil {
			return fmt.Errorf("forget the members of metadata: %w", err)
		}
		return add(ctx, tx)
	}
}

// AddMetadataMembers makes a new person findable by her metadata.
func AddMetadataMembers(userID uuid.UUID, m Metadata) store.Write {
	found := MetadataRows(m)
	return func(ctx context.Context, tx *store.Tx) error {
		if len(found) == 0 {
			return nil
		}
		rows := make([]*ent.MetadataMemberCreate, len(found))
		for i, row := range found {
			rows[i] = tx.MetadataMember.Create().SetUserID(userID).SetName(row.Name).SetValue(row.Value)
		}
		if err := tx.MetadataMember.CreateBulk(rows...).Exec(ctx); err != nil {
			return fmt.Errorf("store the members of metadata: %w", err)
		}
		return nil
	}
}

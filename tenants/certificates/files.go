package certificates

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/certificatefile"
	"github.com/latchkeep/latchkeep/ent/predicate"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// Files keep accounts, keys and certificates in the database, sealed, for all replicas. They are what certmagic calls a storage: names are paths.
type Files struct {
	db      *store.Store
	keyring *secret.Keyring

	mu   sync.Mutex
	held map[string]*lease
}

var _ certmagic.Storage = (*Files)(nil)

// NewFiles makes the files.
func NewFiles(db *store.Store, keyring *secret.Keyring) *Files {
	return &Files{db: db, keyring: keyring, held: map[string]*lease{}}
}

// system reaches rows that are no tenant's.
func system() scope.Scope { return scope.System("keep the certificates of this deployment") }

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// SealedFor is what a sealed file is bound to: it binds a file to its name, so that one cannot be put in the place of another.
func SealedFor(name string) []byte { return []byte("certificate-file|" + name) }

// Store writes a file.
func (f *Files) Store(ctx context.Context, name string, content []byte) error {
	sealed := f.keyring.Seal(content, SealedFor(name))
	write := func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.CertificateFile.Update().Where(certificatefile.Name(name)).SetContent(sealed).SetUpdatedAt(now()).Save(ctx)
		if err != nil || n > 0 {
			return err
		}
		return tx.CertificateFile.Create().SetID(uuid.Must(uuid.NewV7())).SetName(name).SetContent(sealed).Exec(ctx)
	}
	err := f.db.Do(ctx, system(), write)
	if store.IsUniqueViolation(err) { // another replica wrote it first: ours is newer
		err = f.db.Do(ctx, system(), write)
	}
	if err != nil {
		return fmt.Errorf("store certificate file %q: %w", name, err)
	}
	return nil
}

// Load reads a file. Error: fs.ErrNotExist.
func (f *Files) Load(ctx context.Context, name string) ([]byte, error) {
	row, err := f.row(ctx, name)
	if err != nil {
		return nil, err
	}
	content, err := f.keyring.Open(row.Content, SealedFor(name))
	if err != nil {
		return nil, fmt.Errorf("open certificate file %q: %w", name, err)
	}
	return content, nil
}

func (f *Files) row(ctx context.Context, name string) (*ent.CertificateFile, error) {
	row, err := f.db.Reader().CertificateFile.Query().Where(certificatefile.Name(name), certificatefile.LockedUntilIsNil()).
		Only(scope.With(ctx, system()))
	if ent.IsNotFound(err) {
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("read certificate file %q: %w", name, err)
	}
	return row, nil
}

// below are the files in a folder: / is followed by 0 in every character set.
func below(folder string) predicate.CertificateFile {
	folder = strings.TrimSuffix(folder, "/")
	if folder == "" {
		return certificatefile.LockedUntilIsNil()
	}
	return certificatefile.And(certificatefile.LockedUntilIsNil(), certificatefile.NameGT(folder+"/"), certificatefile.NameLT(folder+"0"))
}

// Delete deletes a file, or a folder with all that is in it. What is not there is deleted already.
func (f *Files) Delete(ctx context.Context, name string) error {
	err := f.db.Do(ctx, system(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.CertificateFile.Delete().
			Where(certificatefile.Or(certificatefile.And(certificatefile.Name(name), certificatefile.LockedUntilIsNil()), below(name))).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete certificate file %q: %w", name, err)
	}
	return nil
}

// Exists reports whether there is a file or folder.
func (f *Files) Exists(ctx context.Context, name string) bool {
	_, err := f.Stat(ctx, name)
	return err == nil
}

// List names what is in a folder: with recursive all files, else its files and folders.
func (f *Files) List(ctx context.Context, folder string, recursive bool) ([]string, error) {
	names, err := f.db.Reader().CertificateFile.Query().Where(below(folder)).Order(ent.Asc(certificatefile.FieldName)).
		Select(certificatefile.FieldName).Strings(scope.With(ctx, system()))
	if err != nil {
		return nil, fmt.Errorf("list certificate files in %q: %w", folder, err)
	}
	if len(names) == 0 {
		return nil, fs.ErrNotExist
	}
	if recursive {
		return names, nil
	}
	var found []string
	prefix := strings.TrimSuffix(folder, "/")
	if prefix != "" {
		prefix += "/"
	}
	for _, name := range names {
		first, _, _ := strings.Cut(strings.TrimPrefix(name, prefix), "/")
		found = append(found, path.Join(folder, first))
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// Stat tells about a file or folder. Error: fs.ErrNotExist.
func (f *Files) Stat(ctx context.Context, name string) (certmagic.KeyInfo, error) {
	row, err := f.row(ctx, name)
	if err == nil {
		return certmagic.KeyInfo{Key: name, Modified: row.UpdatedAt.UTC(), Size: int64(len(row.Content)), IsTerminal: true}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return certmagic.KeyInfo{}, err
	}
	is, err := f.db.Reader().CertificateFile.Query().Where(below(name)).Exist(scope.With(ctx, system()))
	if err == nil && !is {
		err = fs.ErrNotExist
	}
	return certmagic.KeyInfo{Key: name}, err
}

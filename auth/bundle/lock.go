package bundle

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// MinPassphrase is the least number of bytes of a passphrase. Whoever has the file can try as many as she likes.
const MinPassphrase = 16

// workFactor is the binary logarithm of the cost of a passphrase: 64 MiB of memory and about a quarter of a second. Files that were made elsewhere may
// cost maxWorkFactor, the default of the program age, which is 256 MiB.
const (
	workFactor    = 16
	maxWorkFactor = 18
)

// one lets one passphrase be worked on at a time: it costs memory.
var one = make(chan struct{}, 1)

// A Lock says who can open a bundle. Exactly one of them is set.
type Lock struct {
	// Recipients are public keys of age ("age1…"), any of whose identities opens the bundle.
	Recipients []string
	Passphrase string
}

// maxRecipients is how many recipients a bundle may have: age reads no more.
const maxRecipients = 20

// recipients are those of age. Error: invalid_lock.
func (l Lock) recipients() ([]age.Recipient, error) {
	switch {
	case len(l.Recipients) > 0 && l.Passphrase != "":
		return nil, badLock("recipient", "must not be there beside passphrase")
	case l.Passphrase != "":
		if len(l.Passphrase) < MinPassphrase {
			return nil, badLock("passphrase", "must have at least %d bytes", MinPassphrase)
		}
		r, err := age.NewScryptRecipient(l.Passphrase)
		if err != nil {
			return nil, badLock("passphrase", "cannot be used")
		}
		r.SetWorkFactor(workFactor)
		return []age.Recipient{r}, nil
	case len(l.Recipients) == 0:
		return nil, badLock("recipient", "is required, or a passphrase")
	case len(l.Recipients) > maxRecipients:
		return nil, badLock("recipient", "must be %d at most", maxRecipients)
	}
	var list []age.Recipient
	for _, text := range l.Recipients {
		if strings.HasPrefix(strings.ToUpper(strings.TrimSpace(text)), "AGE-SECRET-KEY") {
			return nil, badLock("recipient", "must be a public key (age1…): this one is secret")
		}
		r, err := age.ParseX25519Recipient(strings.TrimSpace(text))
		if err != nil {
			return nil, badLock("recipient", "must be a public key of age (age1…)")
		}
		list = append(list, r)
	}
	return list, nil
}

func badLock(path, rule string, args ...any) error {
	return problem.Invalid("invalid_lock", "the bundle cannot be locked or opened so", problem.Field{Path: path, Reason: fmt.Sprintf(rule, args...)})
}

// A Key opens a bundle. Exactly one of them is set.
type Key struct {
	// Identity is one or more secret keys of age ("AGE-SECRET-KEY-1…"), one a line; lines that begin with # say nothing.
	Identity   string
	Passphrase string
}

// identities are those of age. Error: invalid_lock, which quotes nothing.
func (k Key) identities() ([]age.Identity, error) {
	switch {
	case k.Identity != "" && k.Passphrase != "":
		return nil, badLock("identity", "must not be there beside passphrase")
	case k.Passphrase != "":
		i, err := age.NewScryptIdentity(k.Passphrase)
		if err != nil {
			return nil, badLock("passphrase", "cannot be used")
		}
		i.SetMaxWorkFactor(maxWorkFactor)
		return []age.Identity{i}, nil
	case strings.TrimSpace(k.Identity) == "":
		return nil, badLock("identity", "is required, or a passphrase")
	}
	list, err := age.ParseIdentities(strings.NewReader(k.Identity))
	if err != nil || len(list) == 0 {
		return nil, badLock("identity", "must be a secret key of age (AGE-SECRET-KEY-1…)")
	}
	return list, nil
}

// lock encrypts what is written.
func lock(to io.Writer, l Lock) (io.WriteCloser, error) {
	list, err := l.recipients()
	if err != nil {
		return nil, err
	}
	if l.Passphrase != "" {
		one <- struct{}{}
		defer func() { <-one }()
	}
	w, err := age.Encrypt(to, list...)
	if err != nil {
		return nil, fmt.Errorf("encrypt the bundle: %w", err)
	}
	return w, nil
}

// unlock decrypts what is read. Errors: invalid_lock, ErrLocked, ErrNoFile.
func unlock(from *source, k Key) (io.Reader, error) {
	list, err := k.identities()
	if err != nil {
		return nil, err
	}
	if k.Passphrase != "" {
		one <- struct{}{}
		defer func() { <-one }()
	}
	r, err := age.Decrypt(from, list...)
	var other *age.NoIdentityMatchError
	switch {
	case err == nil:
		return r, nil
	case from.err != nil:
		return nil, from.err
	case errors.As(err, &other):
		return nil, ErrLocked.Wrap(err)
	default:
		return nil, ErrNoFile.Wrap(err)
	}
}

// A source is a reader that remembers why it failed, so that a connection that breaks off is not taken for a damaged file.
type source struct {
	io.Reader
	err error // but for io.EOF
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

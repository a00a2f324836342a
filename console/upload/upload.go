// Package upload reads the form with which a bundle of a tenant is sent, for the console's API and its pages alike. The bundle is not kept anywhere:
// it is read as it arrives.
package upload

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

const (
	// maxField is the most bytes of a field beside the bundle.
	maxField = 64 << 10
	// maxFields is how many of them there may be.
	maxFields = 16
	// maxTime is how long a bundle may take to arrive, or to be fetched.
	maxTime = 2 * time.Hour
)

// ErrTooLarge is the answer to a bundle that is larger than the deployment wants.
var ErrTooLarge = problem.TooLarge("import_too_large",
	"the bundle is larger than the setting tenants.max_import; the command line takes any")

var errMedia = problem.UnsupportedMedia("unsupported_media_type", "the body must be multipart/form-data")

// Read reads the fields in front of the bundle, which must be the last one: identity or passphrase, slug, keep_relying_party. The reader is the bundle.
// Errors: ErrTooLarge, invalid_form, unsupported_media_type.
func Read(w http.ResponseWriter, r *http.Request, limit int64) (bundle.ImportOptions, io.Reader, error) {
	var o bundle.ImportOptions
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" {
		return o, nil, errMedia
	}
	if r.ContentLength > limit {
		return o, nil, ErrTooLarge
	}
	Extend(w)
	form := multipart.NewReader(http.MaxBytesReader(w, r.Body, limit), params["boundary"])
	for range maxFields {
		part, err := form.NextPart()
		if err != nil {
			if large := Error(err); errors.Is(large, ErrTooLarge) {
				return o, nil, large
			}
			return o, nil, wrong("bundle", "is missing, or the form is broken off before it")
		}
		if part.FormName() == "bundle" {
			return o, part, nil
		}
		text, err := io.ReadAll(io.LimitReader(part, maxField+1))
		if err != nil || len(text) > maxField {
			return o, nil, wrong(name(part), "must have at most %d bytes", maxField)
		}
		if err := set(&o, part.FormName(), strings.TrimRight(string(text), "\r\n")); err != nil {
			return o, nil, err
		}
	}
	return o, nil, wrong("bundle", "must be among the first %d fields", maxFields)
}

func set(o *bundle.ImportOptions, name, text string) (err error) {
	switch name {
	case "identity":
		o.Identity = text
	case "passphrase":
		o.Passphrase = text
	case "slug":
		o.Slug = strings.TrimSpace(text)
	case "keep_relying_party":
		if o.KeepRelyingParty, err = strconv.ParseBool(text); err != nil {
			return wrong(name, "must be true or false")
		}
	default:
		return wrong("form", "has a field that is not one of identity, passphrase, slug, keep_relying_party and, last, bundle")
	}
	return nil
}

// name is the name of a field that is one of ours.
func name(part *multipart.Part) string {
	if n := part.FormName(); n == "identity" || n == "passphrase" || n == "slug" || n == "keep_relying_party" {
		return n
	}
	return "form"
}

func wrong(path, rule string, args ...any) error {
	return problem.Invalid("invalid_form", "the form is not valid", problem.Field{Path: path, Reason: fmt.Sprintf(rule, args...)})
}

// Error is the answer to what went wrong while a bundle was read: a reader that has read too much says so in its own way, and one whose form ends in
// the middle is not complete.
func Error(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return ErrTooLarge
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return bundle.ErrDamaged.Wrap(err)
	}
	return err
}

// Extend lets a request take longer than others. Servers that know no deadlines, as in tests, need no more time.
func Extend(w http.ResponseWriter) {
	c, until := http.NewResponseController(w), time.Now().Add(maxTime)
	_, _ = c.SetReadDeadline(until), c.SetWriteDeadline(until)
}

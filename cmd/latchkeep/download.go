package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/latchkeep/latchkeep/auth/transfer"
)

const (
	// maxDownload and downloadTime bound what is read from an address.
	maxDownload  = 8 << 30
	downloadTime = time.Hour
	// maxKept is how much of it is kept in memory: what has more needs a file.
	maxKept = 32 << 20
)

// A text is a transfer.Source in memory.
type text []byte

// Open begins at the beginning.
func (t text) Open() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(t)), nil }

// download fetches an input, which is read more than once, and tells how to let go of it. Whoever runs the command chose the address, so it may be any.
func download(ctx context.Context, address string) (transfer.Source, func(), error) {
	if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, nil, errors.New("--inputUrl must be an http or https address")
	}
	ctx, cancel := context.WithTimeout(ctx, downloadTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("--inputUrl: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, fmt.Errorf("--inputUrl: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return nil, nil, fmt.Errorf("--inputUrl: the answer has status %d", answer.StatusCode)
	}
	var kept bytes.Buffer
	if _, err := kept.ReadFrom(io.LimitReader(answer.Body, maxKept+1)); err != nil {
		return nil, nil, fmt.Errorf("--inputUrl: %w", err)
	}
	if kept.Len() <= maxKept {
		return text(kept.Bytes()), func() {}, nil
	}
	name, err := spill(io.MultiReader(&kept, answer.Body))
	if err != nil {
		return nil, nil, fmt.Errorf("--inputUrl: %w", err)
	}
	return transfer.File(name), func() { _ = os.Remove(name) }, nil // in the directory for temporary files: others clean up, too
}

// spill writes what is large into a temporary file that only its owner can read.
func spill(from io.Reader) (name string, err error) {
	f, err := os.CreateTemp("", "latchkeep-import-*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("more than %d MiB need a temporary file, set TMPDIR to a directory that can be written: %w", maxKept>>20, err)
	}
	n, err := io.Copy(f, io.LimitReader(from, maxDownload+1))
	if err == nil && n > maxDownload {
		err = fmt.Errorf("the answer has more than %d bytes", int64(maxDownload))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

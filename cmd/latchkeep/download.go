package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

const (
	// maxDownload and downloadTime bound what is read from an address.
	maxDownload  = 8 << 30
	downloadTime = time.Hour
)

// download fetches an input into a temporary file that only its owner can read, since it is read twice. Whoever runs the command chose the
// address, so it may be any.
func download(ctx context.Context, address string) (name string, err error) {
	if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", errors.New("--inputUrl must be an http or https address")
	}
	ctx, cancel := context.WithTimeout(ctx, downloadTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", fmt.Errorf("--inputUrl: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("--inputUrl: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return "", fmt.Errorf("--inputUrl: the answer has status %d", answer.StatusCode)
	}
	f, err := os.CreateTemp("", "latchkeep-import-*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("--inputUrl: %w", err)
	}
	n, err := io.Copy(f, io.LimitReader(answer.Body, maxDownload+1))
	if err == nil && n > maxDownload {
		err = fmt.Errorf("the answer has more than %d bytes", int64(maxDownload))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("--inputUrl: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

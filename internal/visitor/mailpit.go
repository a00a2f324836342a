package visitor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Mailpit reads codes from a Mailpit, a mail host that shows what it caught, by its API.
type Mailpit struct {
	// Base is its URL, such as http://localhost:8025.
	Base string
}

// pollEvery is how often a Mailpit is asked for a mail.
const pollEvery = 50 * time.Millisecond

// Code implements Codes.
func (m *Mailpit) Code(ctx context.Context, address string) (string, error) {
	c := New("")
	defer c.Close()
	query := strings.TrimSuffix(m.Base, "/") + "/api/v1/search?query=" + url.QueryEscape(`to:"`+address+`"`)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		a, err := c.Send(ctx, http.MethodGet, query, "", nil, http.StatusOK)
		if err != nil {
			return "", err
		}
		var found struct{ Messages []struct{ Subject string } } // newest first
		if err := json.Unmarshal(a.Body, &found); err != nil {
			return "", fmt.Errorf("not the answer of a Mailpit: %.200s", a.Body)
		}
		for _, mail := range found.Messages {
			if code := subjectCode.FindString(mail.Subject); code != "" {
				return code, nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", fmt.Errorf("no mail to %s: %w", address, ctx.Err())
		}
	}
}

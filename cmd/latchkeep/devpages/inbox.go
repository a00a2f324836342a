package devpages

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// inboxSize is how many mails the inbox keeps.
const inboxSize = 1000

// A Message is a mail that was caught instead of sent.
type Message struct {
	ID        string    `json:"id"`
	To        string    `json:"to"`
	From      string    `json:"from"`
	Subject   string    `json:"subject"`
	Text      string    `json:"text"`
	HTML      string    `json:"html"`
	CreatedAt time.Time `json:"created_at"`
}

// An Inbox keeps the mails that were caught, newest first. It is safe for concurrent use.
type Inbox struct {
	mu       sync.RWMutex
	messages []Message
}

// Add keeps a mail.
func (i *Inbox) Add(m Message) {
	m.ID = uuid.Must(uuid.NewV7()).String()
	m.CreatedAt = time.Now().UTC()
	i.mu.Lock()
	defer i.mu.Unlock()
	kept := i.messages[:min(len(i.messages), inboxSize-1)]
	i.messages = append([]Message{m}, kept...)
}

// List returns the mails to an address, or all of them, newest first.
func (i *Inbox) List(to string) []Message {
	i.mu.RLock()
	defer i.mu.RUnlock()
	found := []Message{}
	for _, m := range i.messages {
		if to == "" || strings.EqualFold(m.To, to) {
			found = append(found, m)
		}
	}
	return found
}

func (i *Inbox) find(id string) (Message, bool) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	for _, m := range i.messages {
		if m.ID == id {
			return m, true
		}
	}
	return Message{}, false
}

// newest is the id of the newest mail, empty while there is none.
func (i *Inbox) newest() string {
	i.mu.RLock()
	defer i.mu.RUnlock()
	if len(i.messages) == 0 {
		return ""
	}
	return i.messages[0].ID
}

// Inbox serves the inbox below /dev/inbox: a page, the mails as JSON, and each mail as its reader would see it.
func (p *Pages) Inbox(inbox *Inbox) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /dev/inbox", func(w http.ResponseWriter, r *http.Request) {
		to, newest := r.URL.Query().Get("to"), inbox.newest() // asked first: a mail that comes meanwhile is shown a second later
		p.render(w, http.StatusOK, "inbox.html", inboxPage{To: to, Newest: newest, Messages: inbox.List(to)})
	})
	mux.HandleFunc("GET /dev/inbox/newest", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte(inbox.newest())) // the client is gone
	})
	mux.HandleFunc("GET /dev/inbox/messages", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(inbox.List(r.URL.Query().Get("to"))) // the client is gone
	})
	mux.HandleFunc("GET /dev/inbox/messages/{id}", func(w http.ResponseWriter, r *http.Request) {
		m, ok := inbox.find(r.PathValue("id"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		p.render(w, http.StatusOK, "message.html", m)
	})
	mux.HandleFunc("GET /dev/inbox/messages/{id}/html", func(w http.ResponseWriter, r *http.Request) {
		m, ok := inbox.find(r.PathValue("id"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
		_, _ = w.Write([]byte(m.HTML)) // the client is gone
	})
	return mux
}

type inboxPage struct {
	To, Newest string
	Messages   []Message
}

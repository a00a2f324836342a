// Package mail writes and sends the mails of a tenant: it renders the texts in nine languages, as plain text and as HTML, and hands a
// message to a mail host by SMTP.
//
// It decides neither when a mail is due nor to whom it goes, knows no tenant, keeps no queue and tries nothing twice: the caller does,
// and Permanent tells whether another try makes sense. It never logs, and its errors never contain a password, a code or a text.
package mail

// A Message is a mail that is ready to be sent.
type Message struct {
	// ID makes the Message-ID together with the domain of the sender: letters, digits and hyphens. A caller that may send a message twice
	// sets the same ID, so that a mail host or reader can tell. Empty: a random one.
	ID       string
	From, To Address
	Subject  string
	// Text and HTML are the two forms of the body. HTML may be empty.
	Text, HTML string
	// Headers are further header fields. Those that this package writes itself are refused.
	Headers map[string]string
	// DKIM signs the message; nil for none.
	DKIM *DKIM
}

// An Address is a mail address with the name of its owner, which may be empty.
type Address struct {
	Name    string
	Address string
}

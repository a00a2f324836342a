package saml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// The bounds of XML that strangers send.
const (
	maxXML    = 5 << 20 // bytes
	maxTokens = 50_000  // elements, their ends, attributes and texts. Spec: saml §6.3
	maxDepth  = 64      // of elements in each other
)

// Whether XML may have comments.
type comments bool

const (
	refuseComments comments = false
	allowComments  comments = true
)

var (
	errTooMany = errors.New("it has too many parts, or they are nested too deeply")
	errOutside = errors.New("there is not one root, or there is something beside it")
	errMarkup  = errors.New("it has declarations, comments or processing instructions")
)

// walkXML reads XML within the bounds and calls what is given for each element, its end and each text. It refuses declarations, with which
// entities would come, and processing instructions but the first.
func walkXML(raw []byte, c comments, start func(xml.StartElement) error, end func(), text func([]byte)) error {
	if len(raw) > maxXML {
		return errors.New("it is too large")
	}
	w := &walker{comments: c, start: start, end: end, text: text}
	for d := xml.NewDecoder(bytes.NewReader(raw)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("it cannot be read: %w", err)
		}
		if err := w.take(token); err != nil {
			return err
		}
	}
	if w.roots != 1 {
		return errOutside
	}
	return nil
}

type walker struct {
	comments             comments
	start                func(xml.StartElement) error
	end                  func()
	text                 func([]byte)
	tokens, depth, roots int
}

func (w *walker) take(token xml.Token) error {
	if w.tokens++; w.tokens > maxTokens {
		return errTooMany
	}
	switch token := token.(type) {
	case xml.StartElement:
		return w.begin(token)
	case xml.EndElement:
		w.depth--
		w.end()
	case xml.CharData:
		if w.depth == 0 && len(bytes.TrimSpace(token)) > 0 {
			return errOutside
		}
		w.text(token)
	case xml.ProcInst:
		if token.Target != "xml" || w.tokens != 1 {
			return errMarkup
		}
	case xml.Comment:
		if !w.comments {
			return errMarkup
		}
	default:
		return errMarkup
	}
	return nil
}

func (w *walker) begin(e xml.StartElement) error {
	if w.depth == 0 {
		if w.roots++; w.roots > 1 {
			return errOutside
		}
	}
	w.depth++
	if w.tokens += len(e.Attr); w.depth > maxDepth || w.tokens > maxTokens {
		return errTooMany
	}
	return w.start(e)
}

package visitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// Unexpected is an answer with another status than was wanted. Path has no query, so that nothing secret is in it.
type Unexpected struct {
	Method, Path string
	Status, Want int
	// Code is what the answer calls its reason; empty where it does not say.
	Code string
	Body []byte
}

// Error implements error.
func (e *Unexpected) Error() string {
	return fmt.Sprintf("%s %s answers %d, not %d: %.500s", e.Method, e.Path, e.Status, e.Want, e.Body)
}

// NoAnswer is a request without an answer, or with half of one.
type NoAnswer struct {
	Method, Path string
	Err          error
}

// Error implements error.
func (e *NoAnswer) Error() string { return fmt.Sprintf("%s %s: %v", e.Method, e.Path, e.Err) }

// Unwrap gives the reason.
func (e *NoAnswer) Unwrap() error { return e.Err }

// Reason is a word for why a request failed, by which failures are counted: “503 service_unavailable”, “no answer: connection refused”.
func Reason(err error) string {
	var timeout net.Error
	if u, ok := errors.AsType[*Unexpected](err); ok {
		return strings.TrimSpace(strconv.Itoa(u.Status) + " " + u.Code)
	}
	if _, ok := errors.AsType[*NoAnswer](err); !ok {
		if errors.Is(err, context.DeadlineExceeded) {
			return "no mail"
		}
		return "a wrong answer"
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "no answer: connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "no answer: connection reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "no answer: connection closed"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer: timeout"
	default:
		return "no answer"
	}
}

// codeOf finds the code of a refusal: in the body of a flow, in problem details, or in Hanko's shape.
func codeOf(body []byte) string {
	var refusal struct {
		Code  any
		Error struct{ Code string }
	}
	if json.Unmarshal(body, &refusal) != nil {
		return ""
	}
	if refusal.Error.Code != "" {
		return refusal.Error.Code
	}
	if code, ok := refusal.Code.(string); ok {
		return code
	}
	return ""
}

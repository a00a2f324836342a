package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"strings"
)

// maxReason is the length of the longest reason in an error, in characters.
const maxReason = 300

// A stage is how far a message came; it is worded to follow "mail host x".
type stage string

const (
	stageConnect   stage = "cannot be reached"
	stageHello     stage = "does not greet"
	stageTLS       stage = "does not encrypt"
	stageAuth      stage = "does not let us in"
	stageSender    stage = "refuses the sender"
	stageRecipient stage = "refuses the recipient"
	stageContent   stage = "does not take the message"
)

// The reasons of our own.
var (
	errInternational = errors.New("it cannot carry addresses that are not ASCII")
	errUnencrypted   = errors.New("the connection is not encrypted, so the password is not sent")
	errNoMechanism   = errors.New("it knows neither CRAM-MD5 nor PLAIN nor LOGIN")
)

// An invalidError is about a message that can never be sent.
type invalidError struct{ reason string }

func (e *invalidError) Error() string { return "compose mail: " + e.reason }

// A deliveryError says where sending ended and why. Its text is fit for logs: it contains no password, no code and no address of a person.
type deliveryError struct {
	host  string
	stage stage
	cause error
}

func (e *deliveryError) Unwrap() error { return e.cause }

func (e *deliveryError) Error() string {
	return fmt.Sprintf("mail host %s %s: %s", e.host, e.stage, e.reason())
}

// failed makes the error of a message that came as far as a stage.
func (s SMTP) failed(ctx context.Context, at stage, cause error) error {
	var reply *textproto.Error
	if ctx.Err() != nil && !errors.As(cause, &reply) {
		cause = context.Cause(ctx)
	}
	return &deliveryError{host: clip(s.host()+":"+s.Port, maxReason), stage: at, cause: cause}
}

// statusCode is an enhanced status code (RFC 3463 §2).
var statusCode = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}`)

// reason words the cause. Until the host knows the password it is quoted; later it could repeat what it was told, so only the codes are.
func (e *deliveryError) reason() string {
	early := e.stage == stageConnect || e.stage == stageHello || e.stage == stageTLS
	var reply *textproto.Error
	switch {
	case early:
		return clip(e.cause.Error(), maxReason)
	case errors.As(e.cause, &reply):
		return strings.TrimSpace(fmt.Sprintf("%03d %s", reply.Code, statusCode.FindString(reply.Msg)))
	case harmless(e.cause):
		return e.cause.Error()
	}
	return "its answer is not understood"
}

// harmless reports errors whose text no host can choose.
func harmless(err error) bool {
	var network net.Error
	if errors.As(err, &network) {
		return true
	}
	for _, known := range []error{errInternational, errUnencrypted, errNoMechanism, io.EOF, io.ErrUnexpectedEOF, context.Canceled} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// Permanent reports whether sending the same message again is in vain: it cannot be sent at all, or the host refused it for good (5xx).
// A host that is misconfigured, does not answer or does not let us in is not permanent: an operator may repair it.
func Permanent(err error) bool {
	var invalid *invalidError
	if errors.As(err, &invalid) {
		return true
	}
	var e *deliveryError
	if !errors.As(err, &e) {
		return false
	}
	if errors.Is(e.cause, errInternational) {
		return true
	}
	var reply *textproto.Error
	if !errors.As(e.cause, &reply) || reply.Code < 500 || reply.Code > 599 {
		return false
	}
	switch reply.Code {
	case 530, 534, 535, 538: // It wants us to authenticate, or to do it otherwise (RFC 4954 §6).
		return false
	case 552: // For a recipient that is a full mailbox, to be taken for 452 (RFC 5321 §4.5.3.1.10).
		return e.stage == stageContent
	}
	return e.stage == stageSender || e.stage == stageRecipient || e.stage == stageContent
}

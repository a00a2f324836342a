package outbox

// A payload that was written while a request was traced begins with the name of the trace, behind a byte that no JSON begins with.
const (
	causeMark = 0
	causeSize = 55 // of a traceparent (Trace Context, W3C)
)

func withCause(cause string, payload []byte) []byte {
	if len(cause) != causeSize {
		return payload
	}
	return append(append([]byte{causeMark}, cause...), payload...)
}

func cutCause(plain []byte) (payload []byte, cause string) {
	if len(plain) <= causeSize || plain[0] != causeMark {
		return plain, ""
	}
	return plain[1+causeSize:], string(plain[1 : 1+causeSize])
}

package tenants

import (
	"strings"

	"github.com/google/uuid"
)

// Key builds the key of something that belongs to a tenant, for caches, rate limits, Redis and locks. It is the only way such keys are made,
// so that none can miss the tenant: tenant/kind/part/part. Separators inside a part are escaped, so different parts never give one key.
func Key(tenantID uuid.UUID, kind string, parts ...string) string {
	var b strings.Builder
	b.Grow(36 + 1 + len(kind) + 24*len(parts))
	b.WriteString(tenantID.String())
	b.WriteByte('/')
	writeEscaped(&b, kind)
	for _, part := range parts {
		b.WriteByte('/')
		writeEscaped(&b, part)
	}
	return b.String()
}

func writeEscaped(b *strings.Builder, s string) {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		switch c := s[i]; {
		case c == '/' || c == '%' || c < 0x21 || c == 0x7f:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		default:
			b.WriteByte(c)
		}
	}
}

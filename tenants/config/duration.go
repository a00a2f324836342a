package config

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Duration is written as text such as "12h" or "1h30m" and read from text or from a whole number of nanoseconds.
type Duration time.Duration

// Std is the duration as the standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String is the shortest text, for instance "12h" and not "12h0m0s".
func (d Duration) String() string {
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalJSON writes the text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads text or nanoseconds; null changes nothing.
func (d *Duration) UnmarshalJSON(raw []byte) error {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return fmt.Errorf("read a duration: %w", err)
	}
	switch value := value.(type) {
	case nil:
		return nil
	case string:
		parsed, err := parseDuration(value)
		if err != nil {
			return err
		}
		*d = parsed
		return nil
	case float64:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			return fmt.Errorf("read a duration: %s is not a whole number of nanoseconds", raw)
		}
		*d = Duration(n)
		return nil
	}
	return fmt.Errorf("read a duration: want text such as \"12h\" or a number of nanoseconds")
}

func parseDuration(text string) (Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration such as 90s, 30m or 1h30m", text)
	}
	return Duration(d), nil
}

package outbound

import (
	"errors"
	"log/slog"
)

// Private is embedded in what carries credentials or personal data. Such a value prints as
// a placeholder and refuses to be serialised, so that it gets into no log, payload or store
// by accident.
type Private struct{}

// String is a placeholder.
func (Private) String() string { return "[withheld]" }

// GoString is a placeholder.
func (p Private) GoString() string { return p.String() }

// LogValue is a placeholder.
func (p Private) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalJSON always fails.
func (Private) MarshalJSON() ([]byte, error) {
	return nil, errors.New("credentials and personal data are never serialised")
}

// Package government is where the reference face comes from: a person's picture in
// a government's register, looked up by the personal number.
//
// Both the number and the picture are personal data. They stay in memory, and
// neither is ever in an error, a URL or a log line.
package government

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
)

// Source finds faces. Implement it if your register does not use the protocol of [HTTP].
type Source interface {
	// Face returns the picture of the person with this number. The error is ErrNoRecord,
	// which is final, or wraps ErrUnavailable, which may be temporary.
	Face(ctx context.Context, personalNumber string) (Image, error)
}

// The two reasons for a missing face.
var (
	// ErrNoRecord means that the register answered: it has no picture of this
	// person. Asking again does not help.
	ErrNoRecord = errors.New("the government's register has no picture of this person")
	// ErrUnavailable means that the register did not answer, or not as agreed.
	// Asking again may help.
	ErrUnavailable = errors.New("the government's register is not available")
)

// Image is a picture. It prints as its size only.
type Image struct {
	Data []byte
	// ContentType is the media type, for example image/jpeg.
	ContentType string
}

// String says how large the picture is.
func (i Image) String() string { return "[image, " + strconv.Itoa(len(i.Data)) + " bytes]" }

// GoString says how large the picture is.
func (i Image) GoString() string { return i.String() }

// LogValue says how large the picture is.
func (i Image) LogValue() slog.Value { return slog.StringValue(i.String()) }

// MarshalJSON refuses, so that no picture gets into a payload by accident.
func (i Image) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a government picture is personal data and is never serialised")
}

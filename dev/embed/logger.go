package embed

import (
	"context"
	"log/slog"
	"sync/atomic"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// serverLogger hands the server's errors to slog and drops the rest: a server
// that starts and stops logs much that does not concern the user of a demo.
type serverLogger struct {
	out   *slog.Logger
	muted atomic.Bool
}

var _ log.Logger = (*serverLogger)(nil)

// fatalError is what the server considered worth ending the process for.
type fatalError struct{ msg string }

func (e fatalError) Error() string { return e.msg }

func newServerLogger(out *slog.Logger) *serverLogger { return &serverLogger{out: out} }

func (l *serverLogger) mute() { l.muted.Store(true) }

func (l *serverLogger) Debug(string, ...tag.Tag) {}
func (l *serverLogger) Info(string, ...tag.Tag)  {}
func (l *serverLogger) Warn(string, ...tag.Tag)  {}

func (l *serverLogger) Error(msg string, tags ...tag.Tag) {
	if l.muted.Load() {
		return
	}
	l.out.LogAttrs(context.Background(), slog.LevelError, msg, attrs(tags)...)
}

func (l *serverLogger) DPanic(msg string, tags ...tag.Tag) { l.Error(msg, tags...) }

func (l *serverLogger) Panic(msg string, tags ...tag.Tag) {
	l.Error(msg, tags...)
	panic(msg)
}

// Fatal panics instead of exiting: at the start Start turns it into an error,
// later it ends the process with a stack trace.
func (l *serverLogger) Fatal(msg string, tags ...tag.Tag) {
	l.Error(msg, tags...)
	panic(fatalError{msg})
}

func attrs(tags []tag.Tag) []slog.Attr {
	out := make([]slog.Attr, 0, len(tags))
	for _, t := range tags {
		out = append(out, slog.Any(t.Key(), t.Value()))
	}
	return out
}

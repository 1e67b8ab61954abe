package demo

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// board shows one line per scenario. On a terminal the lines stay in place and
// change; elsewhere each change is a line of its own, so that a log reads in
// order of time.
type board struct {
	out   io.Writer
	live  bool
	width int
	now   func() time.Time

	mu    sync.Mutex
	lines []*line
	drawn int // lines on the screen that the next drawing replaces
}

// line is one scenario's. Its methods may be called from any goroutine.
type line struct {
	board  *board
	name   string
	since  time.Time
	status string
	link   string
	done   string // mark at the end, "" until then
	took   time.Duration
}

// newBoard draws on out; live says that it is a terminal.
func newBoard(out io.Writer, live bool, now func() time.Time, names ...string) *board {
	b := &board{out: out, live: live, now: now}
	for _, n := range names {
		b.width = max(b.width, len(n))
		b.lines = append(b.lines, &line{board: b, name: n, since: now(), status: "waiting"})
	}
	if live {
		b.draw()
	}
	return b
}

// line returns the line of a scenario, nil if there is none of that name.
func (b *board) line(name string) *line {
	for _, l := range b.lines {
		if l.name == name {
			return l
		}
	}
	return nil
}

// refresh shows the time that has passed, where lines stay in place.
func (b *board) refresh() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.live {
		b.draw()
	}
}

// say shows what the scenario is doing now. Saying the same again shows nothing.
func (l *line) say(format string, args ...any) {
	l.change(func() { l.status = fmt.Sprintf(format, args...) })
}

// begin starts the line's clock.
func (l *line) begin() {
	l.board.mu.Lock()
	defer l.board.mu.Unlock()
	l.since = l.board.now()
}

// at says what begins and where it is shown.
func (l *line) at(link, format string, args ...any) {
	l.change(func() { l.link, l.status = link, fmt.Sprintf(format, args...) })
}

// end shows the outcome and stops the line's clock.
func (l *line) end(ok bool, outcome string) {
	l.change(func() { l.done, l.status, l.took = mark(ok), outcome, l.board.now().Sub(l.since) })
}

func (l *line) change(set func()) {
	b := l.board
	b.mu.Lock()
	defer b.mu.Unlock()
	before := [3]string{l.status, l.link, l.done}
	set()
	if before == [3]string{l.status, l.link, l.done} {
		return
	}
	if b.live {
		b.draw()
		return
	}
	// In a log the link is written when it is new and at the end.
	_, _ = fmt.Fprintln(b.out, b.text(l, before[1] != l.link || l.done != ""))
}

// draw is called with mu held, or before the board is shared.
func (b *board) draw() {
	var s strings.Builder
	if b.drawn > 0 {
		fmt.Fprintf(&s, "\x1b[%dA", b.drawn)
	}
	for _, l := range b.lines {
		// A line that wraps would shift all below it: the terminal must cut it.
		s.WriteString("\x1b[2K\x1b[?7l" + b.text(l, true) + "\x1b[?7h\n")
	}
	b.drawn = len(b.lines)
	_, _ = io.WriteString(b.out, s.String()) // a demo goes on without its audience
}

func (b *board) text(l *line, link bool) string {
	mark, took := l.done, l.took
	if mark == "" {
		mark, took = "·", b.now().Sub(l.since)
	}
	text := fmt.Sprintf("%s %-*s %5.1fs  %s", mark, b.width, l.name, took.Seconds(), l.status)
	if link && l.link != "" {
		text += "  " + l.link
	}
	return text
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// browser is a Chromium without a screen, driven over its DevTools pipe: messages
// are JSON with a zero byte behind, written to its descriptor 3 and read from 4.
type browser struct {
	cmd     *exec.Cmd
	out     *os.File
	in      *bufio.Reader
	inFile  *os.File
	session string
	last    int
}

func openBrowser(ctx context.Context, command, profile string) (*browser, error) {
	itsIn, ourOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ourIn, itsOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, command, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
		"--user-data-dir="+profile, "--remote-debugging-pipe")
	cmd.ExtraFiles = []*os.File{itsIn, itsOut}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the browser: %w", err)
	}
	_, _ = itsIn.Close(), itsOut.Close()
	b := &browser{cmd: cmd, out: ourOut, inFile: ourIn, in: bufio.NewReader(ourIn)}
	return b, b.attach()
}

// attach opens a page and a session with it.
func (b *browser) attach() error {
	var target struct{ TargetID string }
	if err := b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target); err != nil {
		return err
	}
	var session struct{ SessionID string }
	if err := b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session); err != nil {
		return err
	}
	b.session = session.SessionID
	return nil
}

// call sends one command and reads up to its answer; what the browser tells
// besides is of no interest.
func (b *browser) call(method string, params map[string]any, result any) error {
	b.last++
	message := map[string]any{"id": b.last, "method": method, "params": params}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if _, err := b.out.Write(append(text, 0)); err != nil {
		return fmt.Errorf("telling the browser %s: %w", method, err)
	}
	for {
		text, err := b.in.ReadBytes(0)
		if err != nil {
			return fmt.Errorf("the browser ended before it answered %s: %w", method, err)
		}
		var answer struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(text[:len(text)-1], &answer); err != nil {
			return fmt.Errorf("reading the browser's answer: %w", err)
		}
		switch {
		case answer.ID != b.last:
		case answer.Error != nil:
			return fmt.Errorf("the browser refuses %s: %s", method, answer.Error.Message)
		case result == nil:
			return nil
		default:
			return json.Unmarshal(answer.Result, result)
		}
	}
}

// photograph opens the page, waits until it shows what it should, and then a
// little for what moves.
func (b *browser) photograph(ctx context.Context, p picture) ([]byte, error) {
	err := b.call("Emulation.setDeviceMetricsOverride",
		map[string]any{"width": p.width, "height": p.height, "deviceScaleFactor": 1, "mobile": false}, nil)
	if err == nil {
		err = b.call("Page.navigate", map[string]any{"url": p.url}, nil)
	}
	if err != nil {
		return nil, err
	}
	for shown := false; !shown; {
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return nil, fmt.Errorf("the page does not show %q: %w", p.shows, err)
		}
		var answer struct{ Result struct{ Value bool } }
		expression := "document.documentElement.textContent.includes(" + strconv.Quote(p.shows) + ")"
		if err := b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &answer); err != nil {
			return nil, err
		}
		shown = answer.Result.Value
	}
	if err := pause(ctx, 2*time.Second); err != nil {
		return nil, err
	}
	var shot struct{ Data []byte }
	if err := b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot); err != nil {
		return nil, err
	}
	return shot.Data, nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *browser) close() error {
	b.session = ""
	err := b.call("Browser.close", nil, nil)
	return errors.Join(err, b.out.Close(), b.inFile.Close(), b.cmd.Wait())
}

package embed

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// webUI is a running Web UI.
type webUI struct {
	server *uiserver.Server
	done   chan struct{}
}

// UI is a Web UI for a Temporal that runs elsewhere.
type UI struct {
	ui  *webUI
	url string
}

// StartUI serves the Web UI of the Temporal at frontend on a port of the loopback
// interface, and returns when it answers.
func StartUI(ctx context.Context, port int, frontend, namespace string) (*UI, error) {
	ui, err := startUI(ctx, port, frontend, namespace)
	if err != nil {
		return nil, fmt.Errorf("starting the Web UI: %w", err)
	}
	return &UI{ui: ui, url: "http://" + loopback(port)}, nil
}

// URL is where it is.
func (u *UI) URL() string { return u.url }

// Stop ends it.
func (u *UI) Stop() { u.ui.stop() }

// startUI returns when the UI answers. The UI server ends the process when its
// port is taken, so that is checked first.
func startUI(ctx context.Context, port int, frontend, namespace string) (*webUI, error) {
	if err := canListen(port); err != nil {
		return nil, fmt.Errorf("port %d is taken: stop what listens there or choose another port: %w", port, err)
	}
	ui := &webUI{done: make(chan struct{}), server: uiserver.NewServer(server_options.WithConfigProvider(&uiconfig.Config{
		TemporalGRPCAddress: frontend,
		Host:                loopbackIP,
		Port:                port,
		EnableUI:            true,
		DefaultNamespace:    namespace,
		// The UI is served without TLS on the loopback interface.
		CORS: uiconfig.CORS{CookieInsecure: true},
		// Nothing here calls out to the internet.
		DisableNewsFetch: true,
		HideLogs:         true,
	}))}
	go func() {
		defer close(ui.done)
		_ = ui.server.Start() // never an error: it exits the process instead
	}()
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := untilOK(ctx, func() error { return answers(ctx, "http://"+loopback(port)+"/healthz") }); err != nil {
		ui.stop()
		return nil, fmt.Errorf("waiting for it to answer: %w", err)
	}
	return ui, nil
}

func (u *webUI) stop() {
	u.server.Stop()
	<-u.done
}

func answers(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", resp.Status)
	}
	return nil
}

// UIURL is the address of the Web UI, without a slash at the end; "" without a UI.
func (s *Server) UIURL() string {
	if s.opts.UIPort == NoUI {
		return ""
	}
	return "http://" + loopback(s.opts.UIPort)
}

// WorkflowURL is the Web UI's page of a workflow; an empty run means the latest.
// "" without a UI.
func (s *Server) WorkflowURL(workflowID, runID string) string {
	base := s.UIURL()
	if base == "" {
		return ""
	}
	return WorkflowURL(base, s.opts.Namespace, workflowID, runID)
}

// WorkflowURL is the page of a workflow in the Web UI at base. Journeys' ids
// contain slashes, which are escaped.
func WorkflowURL(base, namespace, workflowID, runID string) string {
	page := base + "/namespaces/" + url.PathEscape(namespace) + "/workflows/" + url.PathEscape(workflowID)
	if runID != "" {
		page += "/" + url.PathEscape(runID) + "/history"
	}
	return page
}

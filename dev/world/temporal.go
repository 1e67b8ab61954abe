package world

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"

	"idjourney/app"
	"idjourney/dev/embed"
	"idjourney/workflows"
)

// startTemporal starts the embedded server, or prepares the one that runs already, and
// connects to it as the product does.
func (w *World) startTemporal(ctx context.Context, _ *doors) error {
	options, err := w.reachTemporal(ctx)
	if err != nil {
		return err
	}
	options.Logger = sdklog.NewStructuredLogger(w.opts.Logger)
	options.MetricsHandler = w.telemetry.MetricsHandler
	if w.telemetry.Exporting {
		options.Interceptors = []interceptor.ClientInterceptor{w.telemetry.Tracing}
	}
	c, err := client.NewLazyClient(options)
	if err != nil {
		return fmt.Errorf("connecting to Temporal: %w", err)
	}
	w.undo(func() error { c.Close(); return nil })
	w.Client, w.Namespace, w.TemporalAddress = c, options.Namespace, options.HostPort
	if w.opts.TemporalAddress != "" {
		return w.makeNamespace(ctx)
	}
	if err := embed.EnsureSearchAttributes(ctx, c, w.Namespace, workflows.SearchAttributes()); err != nil {
		return fmt.Errorf("preparing Temporal's namespace %s: %w", w.Namespace, err)
	}
	return nil
}

// reachTemporal says where Temporal is.
func (w *World) reachTemporal(ctx context.Context) (client.Options, error) {
	switch {
	case w.opts.Topology != nil:
		top := w.opts.Topology
		w.UIURL, w.temporal = w.opts.UIURL, top
		return client.Options{HostPort: top.TemporalAddress(), Namespace: top.Namespace()}, nil
	case w.opts.Server != nil:
		return client.Options{HostPort: w.opts.Server.HostPort(), Namespace: w.opts.Server.Namespace()}, nil
	case w.opts.TemporalAddress != "":
		options, err := envconfig.LoadDefaultClientOptions()
		if err != nil {
			return options, fmt.Errorf("reading Temporal's connection from TEMPORAL_* and its profiles: %w", err)
		}
		options.HostPort, w.UIURL = w.opts.TemporalAddress, w.opts.UIURL
		options.Namespace = fmt.Sprintf("idjourney-demo-%s", strings.ToLower(rand.Text()[:8]))
		return options, nil
	}
	server, err := w.embedTemporal(ctx)
	if err != nil {
		return client.Options{}, err
	}
	w.UIURL, w.temporal, w.embedded = server.UIURL(), server, true
	return client.Options{HostPort: server.HostPort(), Namespace: server.Namespace()}, nil
}

// makeNamespace makes a namespace of the world's own in a Temporal outside, whose others
// are left alone, and removes it with everything in it at the end.
func (w *World) makeNamespace(ctx context.Context) error {
	if err := app.Setup(ctx, w.Client, w.Namespace, true, 24*time.Hour); err != nil {
		return fmt.Errorf("making a namespace of the demo's own at %s: %w", w.TemporalAddress, err)
	}
	w.undo(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_, err := w.Client.OperatorService().DeleteNamespace(ctx, &operatorservice.DeleteNamespaceRequest{Namespace: w.Namespace})
		if err != nil {
			return fmt.Errorf("deleting namespace %s: %w", w.Namespace, err)
		}
		return nil
	})
	return nil
}

func (w *World) embedTemporal(ctx context.Context) (server *embed.Server, err error) {
	ports := w.opts.Ports
	if ports.Temporal, err = w.portFor("Temporal", ports.Temporal); err != nil {
		return nil, err
	}
	if ports.UI, err = w.portFor("Temporal's Web UI", ports.UI); err != nil {
		return nil, err
	}
	server, err = embed.Start(ctx, embed.Options{
		Dir: w.TemporalDir(), FrontendPort: ports.Temporal, UIPort: ports.UI, Logger: w.opts.Logger,
	})
	if err == nil {
		w.undo(server.Stop)
	}
	return server, err
}

func (w *World) portFor(what string, wanted int) (int, error) {
	if wanted == embed.NoUI || wanted != 0 && embed.CanListen(wanted) == nil {
		return wanted, nil
	}
	return w.freePort(what, wanted)
}

package stack

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"

	"idjourney/dev/embed"
	"idjourney/workflows"
)

// startTemporal starts the embedded server, or prepares the outside one, and
// connects to it as the product does.
func (s *Stack) startTemporal(ctx context.Context, _ *doors) error {
	options := client.Options{Namespace: client.DefaultNamespace}
	if s.opts.Outside == nil && s.opts.TemporalAddress == "" {
		if err := s.embedTemporal(ctx); err != nil {
			return err
		}
		options.HostPort, options.Namespace = s.Temporal.HostPort(), s.Temporal.Namespace()
		s.UIURL = s.Temporal.UIURL()
		s.Pausable = s.Temporal
	} else if o := s.opts.Outside; o != nil {
		options.HostPort, options.Namespace = o.TemporalAddress, o.Namespace
		s.UIURL, s.Pausable = o.UIURL, o.Pausable
	} else {
		var err error
		if options, err = envconfig.LoadDefaultClientOptions(); err != nil {
			return fmt.Errorf("reading Temporal's connection from TEMPORAL_* and its profiles: %w", err)
		}
		options.HostPort, s.UIURL = s.opts.TemporalAddress, s.opts.UIURL
		if options.Namespace == "" {
			options.Namespace = client.DefaultNamespace
		}
	}
	options.Logger = sdklog.NewStructuredLogger(s.opts.Logger)
	options.MetricsHandler = s.telemetry.MetricsHandler
	if s.telemetry.Exporting {
		options.Interceptors = []interceptor.ClientInterceptor{s.telemetry.Tracing}
	}
	c, err := client.NewLazyClient(options)
	if err != nil {
		return fmt.Errorf("connecting to Temporal: %w", err)
	}
	s.undo(func() error { c.Close(); return nil })
	s.Client, s.Namespace, s.TemporalAddress = c, options.Namespace, options.HostPort
	if err := embed.EnsureSearchAttributes(ctx, c, s.Namespace, workflows.SearchAttributes()); err != nil {
		return fmt.Errorf("preparing Temporal's namespace %s: %w", s.Namespace, err)
	}
	return nil
}

func (s *Stack) embedTemporal(ctx context.Context) (err error) {
	ports := s.opts.Ports
	if ports.Temporal, err = s.portFor("Temporal", ports.Temporal); err != nil {
		return err
	}
	if ports.UI, err = s.portFor("Temporal's Web UI", ports.UI); err != nil {
		return err
	}
	s.Temporal, err = embed.Start(ctx, embed.Options{
		Dir: s.TemporalDir(), FrontendPort: ports.Temporal, UIPort: ports.UI, Logger: s.opts.Logger,
	})
	if err != nil {
		return err
	}
	s.undo(s.Temporal.Stop)
	return nil
}

func (s *Stack) portFor(what string, wanted int) (int, error) {
	if wanted == embed.NoUI || wanted != 0 && embed.CanListen(wanted) == nil {
		return wanted, nil
	}
	return s.freePort(what, wanted)
}

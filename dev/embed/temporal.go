package embed

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/metrics"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
	"google.golang.org/protobuf/types/known/durationpb"
)

// clusterName is written into the database at its first start and must not
// change afterwards.
const clusterName = "active"

// startTemporal prepares the database if it is new and starts all services.
func startTemporal(opts Options, logger *serverLogger, measured metrics.Handler) (srv temporal.Server, err error) {
	if err := canListen(opts.FrontendPort); err != nil {
		return nil, fmt.Errorf("port %d is taken: stop what listens there or choose another port: %w", opts.FrontendPort, err)
	}
	if err := prepareDatabase(opts); err != nil {
		return nil, err
	}
	ports, err := servicePorts(opts.FrontendPort)
	if err != nil {
		return nil, err
	}
	// The server gives up by calling Fatal, which the logger turns into a panic,
	// so that a port lost in this very moment does not end the process.
	defer func() {
		switch p := recover().(type) {
		case nil:
		case fatalError:
			srv, err = nil, p
		default:
			panic(p)
		}
	}()
	srv, err = temporal.NewServer(
		temporal.WithConfig(serverConfig(opts, ports)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(staticHosts(ports)),
		temporal.WithDynamicConfigClient(dynamicConfig(opts)),
		temporal.WithCustomMetricsHandler(measured),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
		temporal.WithLogger(logger),
	)
	if err != nil {
		return nil, err
	}
	if err := srv.Start(); err != nil {
		return nil, errors.Join(err, srv.Stop())
	}
	return srv, nil
}

// prepareDatabase makes schema and namespace; an existing file is only checked.
func prepareDatabase(opts Options) error {
	sql := sqlConfig(opts)
	if _, err := os.Stat(opts.databaseFile()); errors.Is(err, fs.ErrNotExist) {
		if err := sqliteschema.SetupSchema(sql); err != nil {
			return fmt.Errorf("setting up the database: %w", err)
		}
	} else if err != nil {
		return fmt.Errorf("looking for the database: %w", err)
	}
	namespace, err := sqliteschema.NewNamespaceConfig(clusterName, opts.Namespace, false, opts.SearchAttributes)
	if err != nil {
		return fmt.Errorf("describing namespace %q: %w", opts.Namespace, err)
	}
	namespace.Detail.Config.Retention = durationpb.New(opts.Retention)
	if err := sqliteschema.CreateNamespaces(sql, namespace); err != nil {
		return fmt.Errorf("creating namespace %q: %w", opts.Namespace, err)
	}
	return nil
}

func sqlConfig(opts Options) *config.SQL {
	return &config.SQL{
		PluginName:   sqliteplugin.PluginName,
		DatabaseName: opts.databaseFile(),
		// With a write-ahead log a killed process loses nothing that was committed.
		ConnectAttributes: map[string]string{
			"mode":         "rwc",
			"journal_mode": "wal",
			"synchronous":  "normal",
			"busy_timeout": "10000",
		},
	}
}

// servicePorts gives each service a port; only the frontend's has to last.
func servicePorts(frontend int) (map[primitives.ServiceName]int, error) {
	ports := map[primitives.ServiceName]int{primitives.FrontendService: frontend}
	taken := []int{frontend}
	for _, service := range []primitives.ServiceName{primitives.HistoryService, primitives.MatchingService, primitives.WorkerService} {
		port, err := freePort(taken...)
		if err != nil {
			return nil, fmt.Errorf("choosing a port for Temporal's %s service: %w", service, err)
		}
		ports[service], taken = port, append(taken, port)
	}
	return ports, nil
}

func staticHosts(ports map[primitives.ServiceName]int) map[primitives.ServiceName]static.Hosts {
	hosts := make(map[primitives.ServiceName]static.Hosts, len(ports))
	for service, port := range ports {
		hosts[service] = static.SingleLocalHost(loopback(port))
	}
	return hosts
}

func serverConfig(opts Options, ports map[primitives.ServiceName]int) *config.Config {
	services := make(map[string]config.Service, len(ports))
	for service, port := range ports {
		services[string(service)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: loopbackIP}}
	}
	return &config.Config{
		Global: config.Global{Membership: config.Membership{
			MaxJoinDuration:  30 * time.Second,
			BroadcastAddress: loopbackIP,
		}},
		Persistence: config.Persistence{
			DefaultStore:     sqliteplugin.PluginName,
			VisibilityStore:  sqliteplugin.PluginName,
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{sqliteplugin.PluginName: {SQL: sqlConfig(opts)}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
				Enabled:                true,
				InitialFailoverVersion: 1,
				RPCAddress:             loopback(opts.FrontendPort),
			}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            services,
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
		}},
		PublicClient: config.PublicClient{HostPort: loopback(opts.FrontendPort)},
	}
}

func dynamicConfig(opts Options) dynamicconfig.StaticClient {
	settings := dynamicconfig.StaticClient{
		// A search attribute counts from the moment it is registered.
		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key(): true,
		// A demo and its tests ask visibility far more often than ten times a second.
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 1000,
		// One partition: no forwarding between partitions, and less to write.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
		// A stuck workflow is listed after two failed tasks in place of five, which
		// take a minute.
		dynamicconfig.NumConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute.Key(): 2,
		// Housekeeping for clusters that live for months.
		dynamicconfig.TaskQueueScannerEnabled.Key(): false,
		dynamicconfig.HistoryScannerEnabled.Key():   false,
	}
	if opts.MetricsPort != 0 { // who looks at an embedded server has no minute to wait
		settings[dynamicconfig.MatchingBacklogMetricsEmitInterval.Key()] = time.Second
	}
	return settings
}

// metricsHandler measures as a server of one's own does, under the same names.
func metricsHandler(opts Options) (metrics.Handler, error) {
	if opts.MetricsPort == 0 {
		return metrics.NoopMetricsHandler, nil
	}
	if err := canListen(opts.MetricsPort); err != nil {
		return nil, fmt.Errorf("port %d is taken: choose another one for the metrics: %w", opts.MetricsPort, err)
	}
	return metrics.MetricsHandlerFromConfig(newServerLogger(opts.Logger), &metrics.Config{
		Prometheus: &metrics.PrometheusConfig{TimerType: "histogram", ListenAddress: loopback(opts.MetricsPort)},
	})
}

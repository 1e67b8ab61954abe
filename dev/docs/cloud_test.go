package docs

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// cloud is a frontend as Temporal Cloud's is seen from outside: TLS, and an API key
// or a client certificate. It notes who called.
type cloud struct {
	workflowservice.UnimplementedWorkflowServiceServer
	operatorservice.UnimplementedOperatorServiceServer

	mu          sync.Mutex
	keys        []string
	certificate string
	namespace   string
	attributes  int
}

func (c *cloud) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

func (c *cloud) AddSearchAttributes(ctx context.Context, r *operatorservice.AddSearchAttributesRequest) (*operatorservice.AddSearchAttributesResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sent, _ := metadata.FromIncomingContext(ctx)
	c.keys = sent.Get("authorization")
	if p, ok := peer.FromContext(ctx); ok {
		if info, ok := p.AuthInfo.(credentials.TLSInfo); ok && len(info.State.PeerCertificates) > 0 {
			c.certificate = info.State.PeerCertificates[0].Subject.CommonName
		}
	}
	c.namespace, c.attributes = r.GetNamespace(), len(r.GetSearchAttributes())
	return &operatorservice.AddSearchAttributesResponse{}, nil
}

// TestTemporalCloud takes each block of variables as the page has it, with a server
// of ours for the address and files of ours for /run/secrets, and connects.
func TestTemporalCloud(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, variable string
		clients        tls.ClientAuthType
		key, caller    string
	}{
		{name: "API key", variable: "TEMPORAL_API_KEY", key: "Bearer the-key-of-a-service-account"},
		{name: "mTLS", variable: "TEMPORAL_TLS_CLIENT_CERT_PATH", clients: tls.RequireAndVerifyClientCert, caller: "a client"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := cloudBlock(t, tt.variable)
			dir := t.TempDir()
			ca := newAuthority(t, dir)
			c := &cloud{}
			address := serve(t, c, &tls.Config{
				MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{ca.issue(t, "localhost")}, ClientAuth: tt.clients, ClientCAs: ca.pool,
			})
			ca.issue(t, "a client") // into dir, as temporal.pem and temporal.key
			text := regexp.MustCompile(`(TEMPORAL_ADDRESS)=\S+`).ReplaceAllString(b.text, "$1="+address)
			text = strings.ReplaceAll(text, "/run/secrets/", dir+"/")
			setup := exec.CommandContext(t.Context(), "bash", "-ec", text+"\nexec "+built(t)+" setup --within 20s")
			setup.Env = append(clean(os.Environ()), "SSL_CERT_FILE="+filepath.Join(dir, "ca.pem"))
			if out, err := setup.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s\n%s", err, text, out)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			if key := strings.Join(c.keys, " "); key != tt.key || c.certificate != tt.caller {
				t.Errorf("the server saw the key %q and the certificate %q, want %q and %q", key, c.certificate, tt.key, tt.caller)
			}
			if c.namespace != "idjourney.a1b2c" || c.attributes != 7 {
				t.Errorf("%d search attributes were made in %q", c.attributes, c.namespace)
			}
		})
	}
}

// cloudBlock is the page's block that sets a variable.
func cloudBlock(t *testing.T, variable string) block {
	t.Helper()
	all := blocks(t, "docs/operations.md")
	i := slices.IndexFunc(all, func(b block) bool { return strings.Contains(b.text, variable+"=") })
	if i < 0 {
		t.Fatalf("no block sets %s", variable)
	}
	return all[i]
}

func serve(t *testing.T, c *cloud, config *tls.Config) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(grpc.Creds(credentials.NewTLS(config)))
	workflowservice.RegisterWorkflowServiceServer(s, c)
	operatorservice.RegisterOperatorServiceServer(s, c)
	go func() { _ = s.Serve(l) }() // ends with Stop
	t.Cleanup(s.Stop)
	_, port, _ := net.SplitHostPort(l.Addr().String()) // a listener's address has one
	return "localhost:" + port
}

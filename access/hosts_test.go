package access

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyHosts(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(OnlyHosts(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
	}), []string{"starter.internal"}))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{
		"127.0.0.1:" + port: 200, "127.0.0.1": 200, "127.9.9.9:1": 200, "[::1]:" + port: 200, "[::1]": 200,
		"localhost:" + port: 200, "LOCALHOST": 200, "localhost.": 200,
		"starter.internal:9090": 200, "Starter.Internal": 200,
		"attacker.example": 421, "attacker.example:" + port: 421, "localhost.attacker.example": 421,
		"starter.internal.attacker.example": 421, "198.51.100.1": 421, "127.0.0.1.attacker.example": 421,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("Host %s: got %d, want %d", host, resp.StatusCode, want)
		}
	}
}

// A probe reaches a container by its address, which cannot be configured in advance.
func TestTheConnectedAddressIsServed(t *testing.T) {
	t.Parallel()
	handler := OnlyHosts(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), nil)
	for host, want := range map[string]int{"10.1.2.3:9090": 200, "10.1.2.4:9090": 421} {
		req := httptest.NewRequest(http.MethodGet, "/readyz", nil)
		req.Host = host
		local := &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 9090}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, req.WithContext(contextWithLocal(req, local)))
		if recorder.Code != want {
			t.Errorf("Host %s: got %d, want %d", host, recorder.Code, want)
		}
	}
}

func contextWithLocal(r *http.Request, local net.Addr) context.Context {
	return context.WithValue(r.Context(), http.LocalAddrContextKey, local)
}

package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("exclude") != "temporal" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	tests := map[string]struct {
		url  string
		want string // part of the error; "" for healthy
	}{
		"ready":     {server.URL + "/readyz?exclude=temporal", ""},
		"not ready": {server.URL + "/readyz", "answers 503"},
		"too slow":  {server.URL + "/slow", "deadline exceeded"},
		"not there": {"http://127.0.0.1:1/readyz", "refused"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := root()
			cmd.SetArgs([]string{"healthcheck", "--url", tt.url, "--timeout", "500ms"})
			err := cmd.ExecuteContext(t.Context())
			if got := err == nil; got != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

package access

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// OnlyHosts protects a listener without authentication from web pages. A page can point its
// own name at a loopback address (DNS rebinding) and then read the listener's answers; its
// requests carry that name in Host. OnlyHosts serves loopback names and addresses, the
// address that the client is connected to, and the configured names. All others get 421.
func OnlyHosts(next http.Handler, configured []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !hostAllowed(r, configured) {
			http.Error(w, "this listener does not serve that host: add it to listen.admin_hosts if it is yours", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func hostAllowed(r *http.Request, configured []string) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if host == "localhost" || slices.ContainsFunc(configured, func(c string) bool { return strings.EqualFold(c, host) }) {
		return true
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return addr.IsLoopback() || local != nil && local.AddrPort().Addr().Unmap() == addr.Unmap()
}

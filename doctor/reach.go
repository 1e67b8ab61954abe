package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// renewBefore is how long before its end a certificate should be renewed.
const renewBefore = 14 * 24 * time.Hour

// reach connects and, for https, shakes hands; it makes no request. An address may
// hold a token in its path, so only its host is shown.
func (cfg Config) reach(ctx context.Context, subject, address string) Row {
	u, err := url.Parse(address)
	if err != nil {
		return Row{subject, Wrong, "its url cannot be parsed", "correct it in the configuration"}
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err == nil && proxy != nil {
		return Row{subject, Guessed, u.Host + " is reached by way of a proxy, which is not tried without data", ""}
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	if u.Scheme != "https" {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), orPort(u, "80")))
		if err != nil {
			return unreachable(subject, u, err)
		}
		_ = conn.Close()
		return Row{subject, Confirmed, u.Host + " can be reached, without TLS", ""}
	}
	dialer := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.Roots}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), orPort(u, "443")))
	if err != nil {
		return unreachable(subject, u, err)
	}
	defer func() { _ = conn.Close() }()
	row := Row{subject, Confirmed, u.Host + " can be reached", ""}
	if c, ok := conn.(*tls.Conn); ok {
		ends := c.ConnectionState().PeerCertificates[0].NotAfter
		row.Detail += ", with a certificate until " + ends.UTC().Format(time.DateOnly)
		if time.Until(ends) < renewBefore {
			row.Todo = "renew the certificate"
		}
	}
	return row
}

func unreachable(subject string, u *url.URL, err error) Row {
	todo := "start what listens there, correct the url, or let this machine out to it (DNS, firewall)"
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		todo = "give the endpoint a certificate that this machine trusts, for this host name"
	}
	return Row{subject, Wrong, u.Host + " cannot be reached: " + err.Error(), todo}
}

func orPort(u *url.URL, port string) string {
	if u.Port() != "" {
		return u.Port()
	}
	return port
}

package embed

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
)

const loopbackIP = "127.0.0.1"

// Free ports are taken from below the ranges that operating systems hand out to
// outgoing connections (Linux from 32768, macOS and Windows from 49152). A port
// of that range could be lost to some connection while the server is paused,
// and a client that keeps dialling it may even end up connected to itself.
const (
	firstFreePort = 20000
	lastFreePort  = 31999
)

var errNoFreePort = errors.New("no free port found on the loopback interface")

// portOr returns port if it can be listened on, or a free one if it is 0.
func portOr(port int, taken ...int) (int, error) {
	if port == 0 {
		return freePort(taken...)
	}
	if err := canListen(port); err != nil {
		return 0, fmt.Errorf("port %d is taken: stop what listens there or choose another port: %w", port, err)
	}
	return port, nil
}

func freePort(taken ...int) (int, error) {
	for range 200 {
		port := firstFreePort + rand.IntN(lastFreePort-firstFreePort+1)
		if !slices.Contains(taken, port) && canListen(port) == nil {
			return port, nil
		}
	}
	return 0, errNoFreePort
}

// FreePort returns a port of the loopback interface that is free and will stay so
// unless somebody asks for it by number; never one of those taken.
func FreePort(taken ...int) (int, error) { return freePort(taken...) }

// CanListen returns nil if port is free on the loopback interface.
func CanListen(port int) error { return canListen(port) }

func canListen(port int) error {
	l, err := net.Listen("tcp", loopback(port)) //nolint:noctx // there is nothing to wait for
	if err != nil {
		return err
	}
	return l.Close()
}

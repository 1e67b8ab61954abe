package world

import (
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"idjourney/dev/compose"
	"idjourney/dev/embed"
)

const loopback = "127.0.0.1"

// address is where a service's port is on this machine. t.mu is held.
func (t *Topology) address(service string, port int) string {
	return net.JoinHostPort(loopback, strconv.Itoa(t.port(service, port)))
}

func (t *Topology) port(service string, port int) int {
	key := fmt.Sprintf("%s:%d", service, port)
	if found, ok := t.ports[key]; ok {
		return found
	}
	wanted := t.published(service, port)
	taken := slices.Collect(maps.Values(t.ports))
	if wanted != 0 && !slices.Contains(taken, wanted) && embed.CanListen(wanted) == nil {
		t.ports[key] = wanted
		return wanted
	}
	free, err := embed.FreePort(taken...)
	if err != nil {
		panic(err) // some thousand ports are all taken
	}
	if wanted != 0 {
		t.opts.Say("port %d is taken: %s listens on %d", wanted, service, free)
	}
	t.ports[key] = free
	return free
}

// published is the port that the file publishes for a service's port, 0 for none.
func (t *Topology) published(service string, port int) int {
	if !t.opts.Published {
		return 0
	}
	for _, p := range t.project.Services[service].Ports {
		if int(p.Target) == port {
			n, _ := strconv.Atoi(p.Published) // a range is not a port
			return n
		}
	}
	return 0
}

// local turns a value of the file into one for this machine: services' addresses,
// and those that the service listens on itself.
func (t *Topology) local(service, text string) string {
	names := slices.Collect(maps.Keys(t.project.Services))
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) }) // temporal-ui before temporal
	pattern := regexp.MustCompile(`\b(` + strings.Join(names, "|") + `|0\.0\.0\.0|127\.0\.0\.1):([0-9]+)\b`)
	return pattern.ReplaceAllStringFunc(text, func(match string) string {
		host, digits, _ := strings.Cut(match, ":")
		port, err := strconv.Atoi(digits)
		if err != nil {
			return match
		}
		if host == "0.0.0.0" || host == loopback {
			host = service
		}
		return t.address(host, port)
	})
}

// environment is the whole environment of a service's process. t.mu is held.
func (t *Topology) environment(name string) []string {
	var environ []string
	for _, entry := range compose.Environment(t.project.Services[name]) {
		environ = append(environ, t.local(name, entry))
	}
	return environ
}

// command is a service's command, or its health check, for this machine.
func (t *Topology) command(name string, words []string) []string {
	local := make([]string, len(words))
	for i, word := range words {
		local[i] = t.local(name, word)
	}
	return local
}

func (t *Topology) gracePeriod(name string) time.Duration {
	if grace := t.project.Services[name].StopGracePeriod; grace != nil {
		return time.Duration(*grace)
	}
	return 10 * time.Second // compose's own
}

// set replaces a variable that the file sets in a form that only containers know.
func set(environ []string, name, value string) []string {
	for i := range environ {
		if strings.HasPrefix(environ[i], name+"=") {
			environ[i] = name + "=" + value
			return environ
		}
	}
	return append(environ, name+"="+value)
}

func value(environ []string, name string) string {
	for _, entry := range environ {
		if text, ok := strings.CutPrefix(entry, name+"="); ok {
			return text
		}
	}
	return ""
}

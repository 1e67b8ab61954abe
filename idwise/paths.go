package idwise

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Operation names one request of the vendor's API. Configuration overrides a path by
// this name.
type Operation string

// The operations of the vendor's API that idjourney or its stand-in knows.
const (
	StartJourney       Operation = "start_journey"
	JourneySummary     Operation = "journey_summary"
	JourneyResult      Operation = "journey_result"
	ProcessCustomStep  Operation = "process_custom_step"
	CompleteCustomStep Operation = "complete_custom_step"
	ManualReview       Operation = "manual_review"
	DeleteJourney      Operation = "delete_journey"
	ReadAMLHistory     Operation = "aml_history"
	ReadSpotCheck      Operation = "spot_check"
)

// Known says how well a path is known.
type Known string

// A documented path is in the vendor's current documentation; a path documented earlier is
// only in an older page of the vendor's and may have changed; an assumed path is our guess.
// The latter two can be overridden by configuration until an account confirms them.
const (
	Documented        Known = "documented"
	DocumentedEarlier Known = "documented_earlier"
	Assumed           Known = "assumed"
)

// Endpoint is the method and path of an operation. Path has at most one placeholder:
// {journey_id}, {check_id} or {spot_check_id}.
type Endpoint struct {
	Operation Operation
	Method    string
	Path      string
	Known     Known
}

// endpoints is the only table of paths.
var endpoints = []Endpoint{
	{StartJourney, "POST", "/journey/v2/start-journey", Documented},
	{JourneySummary, "GET", "/journey/v2/summary/{journey_id}", Documented},
	{JourneyResult, "GET", "/journey/v2/{journey_id}", Assumed},
	{ProcessCustomStep, "POST", "/journey/v2/process-custom-journey-step", Assumed},
	{CompleteCustomStep, "POST", "/journey/v2/complete-custom-step", Assumed},
	{ManualReview, "POST", "/journey/v2/manual-review/{journey_id}", Documented},
	{DeleteJourney, "DELETE", "/journey/{journey_id}", DocumentedEarlier},
	{ReadAMLHistory, "GET", "/checks/aml/{check_id}/history", Assumed}, // ?version=N
	{ReadSpotCheck, "GET", "/journey/v2/spot-check/{spot_check_id}", Assumed},
}

// placeholder is the id's placeholder in the path, braces included; "" if there is none.
func (e Endpoint) placeholder() string {
	from, to := strings.IndexByte(e.Path, '{'), strings.IndexByte(e.Path, '}')
	if from < 0 || to < from {
		return ""
	}
	return e.Path[from : to+1]
}

// resolve puts the id into the path.
func (e Endpoint) resolve(id string) string {
	place := e.placeholder()
	if place == "" {
		return e.Path
	}
	return strings.Replace(e.Path, place, url.PathEscape(id), 1)
}

// Operations lists the table of paths.
func Operations() []Endpoint { return slices.Clone(endpoints) }

// CheckPath returns an error that says why an overriding path for an operation is invalid;
// nil if it is valid.
func CheckPath(operation, path string) error {
	i := slices.IndexFunc(endpoints, func(e Endpoint) bool { return string(e.Operation) == operation })
	if i < 0 {
		var names []string
		for _, e := range endpoints {
			names = append(names, string(e.Operation))
		}
		return fmt.Errorf("there is no vendor operation %q: use one of %s", operation, strings.Join(names, ", "))
	}
	e := endpoints[i]
	id := e.placeholder()
	switch {
	case !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//"):
		return fmt.Errorf("the path of %s must begin with one /", operation)
	case !strings.Contains(path, id), id == "" && strings.ContainsAny(path, "{}"):
		return fmt.Errorf("the path of %s must be shaped like %s", operation, e.Path)
	case strings.ContainsAny(strings.Replace(path, id, "", 1), "{}?#% \t\r\n"):
		return fmt.Errorf("the path of %s may hold no special character but those of %s", operation, e.Path)
	}
	return nil
}

// pathTable applies overrides to the table.
func pathTable(overrides map[string]string) (map[Operation]Endpoint, error) {
	table := make(map[Operation]Endpoint, len(endpoints))
	for _, e := range endpoints {
		if path, ok := overrides[string(e.Operation)]; ok {
			e.Path = path
		}
		table[e.Operation] = e
	}
	for operation, path := range overrides {
		if err := CheckPath(operation, path); err != nil {
			return nil, fmt.Errorf("correcting the vendor's paths: %w", err)
		}
	}
	return table, nil
}

// Endpoint is the operation's endpoint, overrides included.
func (c *Client) Endpoint(op Operation) Endpoint { return c.paths[op] }

// RegionURL is the base of the vendor's API in a region: eu, uae or qatar.
func RegionURL(region string) (string, bool) {
	base, ok := map[string]string{
		"eu": "https://api.idwise.com", "uae": "https://api-uae.idwise.com", "qatar": "https://api-qat.idwise.com",
	}[region]
	return base, ok
}

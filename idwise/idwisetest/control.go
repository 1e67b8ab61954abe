package idwisetest

import (
	_ "embed" // the control API's description
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"idjourney/idwise"
)

//go:embed openapi.yaml
var openAPI []byte

// controlRoutes is the control API, for people and scripts. It is not part of the vendor
// and has no authentication: bind the stand-in to an address that only you can reach.
func (v *Vendor) controlRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(openAPI) // fails only if the reader has gone
	})
	mux.HandleFunc("GET /control/scripts", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, Scripts())
	})
	mux.HandleFunc("POST /control/journeys", v.controlStart)
	mux.HandleFunc("GET /control/journeys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, v.Journeys())
	})
	mux.HandleFunc("GET /control/journeys/{id}", v.controlJourney)
	mux.HandleFunc("POST /control/journeys/{id}/review", v.controlReview)
	mux.HandleFunc("POST /control/journeys/{id}/aml-match", func(w http.ResponseWriter, r *http.Request) {
		v.acted(w, r, v.AMLMatch(r.PathValue("id")))
	})
	v.controlLater(mux)
	mux.HandleFunc("PUT /control/journeys/{id}/faults", v.controlFaults)
	mux.HandleFunc("PUT /control/faults", v.controlFaults)
	mux.HandleFunc("POST /control/test-event", v.controlTestEvent)
	return mux
}

func (v *Vendor) controlStart(w http.ResponseWriter, r *http.Request) {
	var request StartRequest
	if !readControl(w, r, &request) {
		return
	}
	id, err := v.Begin(request)
	if err != nil {
		complain(w, http.StatusBadRequest, err)
		return
	}
	answer(w, http.StatusCreated, map[string]string{"journey_id": id})
}

func (v *Vendor) controlJourney(w http.ResponseWriter, r *http.Request) {
	snap := v.Journey(r.PathValue("id"))
	if snap.JourneyID == "" {
		http.NotFound(w, r)
		return
	}
	answer(w, http.StatusOK, snap)
}

func (v *Vendor) controlReview(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Decision string `json:"decision"`
	}
	if readControl(w, r, &request) {
		v.acted(w, r, v.Review(r.PathValue("id"), request.Decision))
	}
}

// acted returns the journey after an action.
func (v *Vendor) acted(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		complain(w, http.StatusConflict, err)
		return
	}
	v.controlJourney(w, r)
}

func (v *Vendor) controlTestEvent(w http.ResponseWriter, r *http.Request) {
	test, err := v.SendTestEvent(r.Context())
	if err != nil && test.Status == 0 {
		complain(w, http.StatusBadGateway, err)
		return
	}
	answer(w, http.StatusOK, test)
}

func (v *Vendor) controlFaults(w http.ResponseWriter, r *http.Request) {
	var request faultsJSON
	if !readControl(w, r, &request) {
		return
	}
	if request.APIStatus != 0 && (request.APIStatus < 400 || request.APIStatus > 599) {
		complain(w, http.StatusBadRequest, errors.New("api_status must be between 400 and 599"))
		return
	}
	if id := r.PathValue("id"); id != "" {
		v.SetJourneyFaults(id, request.faults())
	} else {
		v.SetFaults(request.faults())
	}
	w.WriteHeader(http.StatusNoContent)
}

// faultsJSON is Faults in JSON, with times in milliseconds.
type faultsJSON struct {
	Events         []string           `json:"events"`
	Duplicate      int                `json:"duplicate"`
	ReorderMS      int                `json:"reorder_ms"`
	DropFirst      int                `json:"drop_first"`
	Drop           bool               `json:"drop"`
	DelayMS        int                `json:"delay_ms"`
	ExtraField     bool               `json:"extra_field"`
	UnknownEvent   bool               `json:"unknown_event"`
	Operations     []idwise.Operation `json:"operations"`
	APIStatus      int                `json:"api_status"`
	APICode        string             `json:"api_code"`
	APIRate        float64            `json:"api_rate"`
	APISlowMS      int                `json:"api_slow_ms"`
	API429         int                `json:"api_429"`
	RetryAfterSecs int                `json:"retry_after_seconds"`
	APIStaleMS     int                `json:"api_stale_ms"`
}

func (f faultsJSON) faults() Faults {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	return Faults{
		Events: f.Events, Duplicate: f.Duplicate, Reorder: ms(f.ReorderMS), DropFirst: f.DropFirst,
		Drop: f.Drop, Delay: ms(f.DelayMS), ExtraField: f.ExtraField, UnknownEvent: f.UnknownEvent,
		Operations: f.Operations, APIStatus: f.APIStatus, APICode: f.APICode, APIRate: f.APIRate,
		APISlow: ms(f.APISlowMS), API429: f.API429, RetryAfter: time.Duration(f.RetryAfterSecs) * time.Second,
		APIStale: ms(f.APIStaleMS),
	}
}

// readControl reads a request strictly, so that a typo in a fault is noticed.
func readControl(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		complain(w, http.StatusBadRequest, err)
		return false
	}
	return true
}

func complain(w http.ResponseWriter, status int, err error) {
	answer(w, status, map[string]string{"error": err.Error()})
}

// controlLater registers the routes for events after the decision.
func (v *Vendor) controlLater(mux *http.ServeMux) {
	for name, action := range map[string]func(id string) error{
		"resubmission-request": v.RequestResubmission,
		"renewal-due":          v.RenewalDue,
		"renewal-missed":       v.RenewalMissed,
	} {
		mux.HandleFunc("POST /control/journeys/{id}/"+name, func(w http.ResponseWriter, r *http.Request) {
			v.acted(w, r, action(r.PathValue("id")))
		})
	}
	mux.HandleFunc("POST /control/journeys/{id}/resubmit", v.controlResubmit)
	mux.HandleFunc("POST /control/journeys/{id}/aml", v.controlAML)
	mux.HandleFunc("POST /control/journeys/{id}/update", v.controlUpdate)
	mux.HandleFunc("POST /control/journeys/{id}/spot-check", v.controlSpotCheck)
}

func (v *Vendor) controlResubmit(w http.ResponseWriter, r *http.Request) {
	var request struct {
		FailedRule string `json:"failed_rule"` // "" for none
	}
	if readControl(w, r, &request) {
		v.acted(w, r, v.Resubmit(r.PathValue("id"), request.FailedRule))
	}
}

func (v *Vendor) controlAML(w http.ResponseWriter, r *http.Request) {
	var request AMLChange
	if readControl(w, r, &request) {
		v.acted(w, r, v.ChangeAML(r.PathValue("id"), request))
	}
}

func (v *Vendor) controlUpdate(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Action string `json:"action"`
	}
	if readControl(w, r, &request) {
		v.acted(w, r, v.Update(r.PathValue("id"), request.Action))
	}
}

func (v *Vendor) controlSpotCheck(w http.ResponseWriter, r *http.Request) {
	var request SpotCheckRequest
	if readControl(w, r, &request) {
		_, err := v.SpotCheck(r.PathValue("id"), request)
		v.acted(w, r, err)
	}
}

package idwisetest

import "net/http"

// controlLater are the routes for what happens to a journey that was decided.
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

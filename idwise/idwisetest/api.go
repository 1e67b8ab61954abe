package idwisetest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"idjourney/idwise"
)

// maxRequest limits a request's body, in bytes.
const maxRequest = 20 << 20

// summaryGap is the vendor's rule for the summary: one request in two seconds.
const summaryGap = 2 * time.Second

// apiRoutes builds the API from the table of paths. Any other path gets a gateway's bare
// 404, without the vendor's envelope.
func (v *Vendor) apiRoutes() http.Handler {
	handlers := map[idwise.Operation]func(http.ResponseWriter, *call){
		idwise.StartJourney:       v.serveStart,
		idwise.JourneySummary:     v.serveSummary,
		idwise.JourneyResult:      v.serveResult,
		idwise.ProcessCustomStep:  v.serveProcess,
		idwise.CompleteCustomStep: v.serveComplete,
		idwise.ManualReview:       v.serveManualReview,
		idwise.DeleteJourney:      v.serveDelete,
		idwise.ReadAMLHistory:     v.serveAMLHistory,
		idwise.ReadSpotCheck:      v.serveSpotCheck,
	}
	mux := http.NewServeMux()
	for _, e := range idwise.Operations() {
		handle := handlers[e.Operation]
		mux.HandleFunc(e.Method+" "+e.Path, func(w http.ResponseWriter, r *http.Request) {
			v.serve(w, r, e.Operation, handle)
		})
	}
	return mux
}

// call is one authenticated request with its fields. A journey's AML check has the
// journey's id.
type call struct {
	account     *Account
	operation   idwise.Operation
	journeyID   string
	spotCheckID string
	version     string
	input       input
}

func (v *Vendor) serve(w http.ResponseWriter, r *http.Request, op idwise.Operation, handle func(http.ResponseWriter, *call)) {
	account, status, code := v.authenticate(r)
	if account == nil {
		refuse(w, status, code)
		return
	}
	in, err := readInput(http.MaxBytesReader(w, r.Body, maxRequest), r)
	if err != nil {
		refuse(w, http.StatusBadRequest, codeInvalidRequest)
		return
	}
	c := &call{
		account: account, operation: op, input: in,
		journeyID:   cmp.Or(r.PathValue("journey_id"), r.PathValue("check_id"), in.JourneyID),
		spotCheckID: r.PathValue("spot_check_id"), version: r.URL.Query().Get("version"),
	}
	if v.disturb(w, c) {
		return
	}
	handle(w, c)
}

// authenticate checks HTTP Basic and refuses with the vendor's codes.
func (v *Vendor) authenticate(r *http.Request) (account *Account, status int, code string) {
	if r.Header.Get("Authorization") == "" {
		return nil, http.StatusUnauthorized, "missing_authorization_header"
	}
	key, secret, ok := r.BasicAuth()
	if !ok {
		return nil, http.StatusUnauthorized, "invalid_authentication_format"
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range v.cfg.Accounts {
		if a := &v.cfg.Accounts[i]; a.Key == key && a.Secret == secret {
			return a, 0, ""
		}
	}
	return nil, http.StatusUnauthorized, "invalid_credentials"
}

// disturb applies the fault dial and reports whether it has answered the request.
func (v *Vendor) disturb(w http.ResponseWriter, c *call) bool {
	v.mu.Lock()
	setting := v.faults.of(c.journeyID)
	slow := setting.APISlow
	if !setting.hitsOperation(c.operation) {
		slow = 0
	}
	status, code, retryAfter, refused := setting.refusal(c.operation)
	v.mu.Unlock()
	if slow > 0 {
		timer := time.NewTimer(slow)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-v.ctx.Done():
		}
	}
	if !refused {
		return false
	}
	if retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((retryAfter+time.Second-1)/time.Second)))
	}
	if code != "" {
		refuse(w, status, code)
	} else {
		http.Error(w, http.StatusText(status), status)
	}
	return true
}

// find returns the journey, or refuses the request. v.mu is held.
func (v *Vendor) find(w http.ResponseWriter, c *call) *state {
	s, ok := v.journeys[c.journeyID]
	switch {
	case !ok || s.deleted:
		refuse(w, http.StatusNotFound, "missing_requested_resource")
	case s.account != c.account:
		refuse(w, http.StatusForbidden, "unauthorized")
	default:
		return s
	}
	return nil
}

// shown is what the API shows of a journey: the current truth, or under the fault dial an
// older one. v.mu is held.
func (v *Vendor) shown(s *state, op idwise.Operation) truth {
	if f := v.faults.of(s.id); f.APIStale > 0 && f.hitsOperation(op) {
		return s.asOf(v.cfg.Now().Add(-f.APIStale))
	}
	return s.now()
}

// These codes are our choice: the contract has no error_code for requests that are malformed,
// come at the wrong time, or too often.
const (
	codeInvalidRequest  = "invalid_request"
	codeTooManyRequests = "too_many_requests"
)

// refuse answers with the vendor's error envelope.
func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]any{
		"success": false, "error_code": code, "message": strings.ReplaceAll(code, "_", " "),
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // an error means that the caller has disconnected
}

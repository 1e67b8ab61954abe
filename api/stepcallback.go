package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"idjourney/config"
	"idjourney/journey"
	"idjourney/ledger"
	"idjourney/steps"
)

// StepLedger is what the callback of a step needs of a *ledger.Ledger.
type StepLedger interface {
	StepCallByToken(ctx context.Context, tokenHash string) (ledger.StepCall, error)
	StepAnswer(ctx context.Context, account, journeyID, step string, round int, subject string) (ledger.StepAnswer, error)
	SaveStepAnswer(ctx context.Context, a ledger.StepAnswer) (fresh bool, err error)
	RecordEvent(ctx context.Context, e journey.Event) (fresh bool, err error)
}

var _ StepLedger = (*ledger.Ledger)(nil)

// StepCallbackConfig is what the callback of steps needs.
type StepCallbackConfig struct {
	// Accounts say how long each step's answer is awaited. Required.
	Accounts []config.Account
	Ledger   StepLedger // required
	// Wake tells the forwarder that there is an event; nil for nobody.
	Wake func()
	// Logger is where failures of the ledger are logged; nil for nowhere.
	Logger *slog.Logger
	// Now is the clock; nil for time.Now.
	Now func() time.Time
}

// stepCallback takes the answers that steps' services give later. The token in the
// path is the only credential, and good for one answer to one question: 200 the
// answer is kept, also if it comes again; 409 another one was; 404 no such token, or
// its time is over. The journey is only told to look: it finds the answer in the
// ledger, when it runs the step's activity again.
type stepCallback struct{ StepCallbackConfig }

// NewStepCallback returns the handler of POST /v1/callbacks/steps/{token}.
func NewStepCallback(cfg StepCallbackConfig) http.Handler {
	if cfg.Wake == nil {
		cfg.Wake = func() {}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &stepCallback{cfg}
}

// callbackTimeout bounds the ledger's part of one callback.
const callbackTimeout = 5 * time.Second

// ServeHTTP takes one answer. It goes on when the caller has gone: an answer that
// was sent is kept.
func (s *stepCallback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), callbackTimeout)
	defer cancel()
	call, err := s.callOf(ctx, r.URL.Path)
	if err != nil {
		s.refuse(ctx, w, err)
		return
	}
	answer, status, err := readCallback(w, r)
	if err != nil {
		tell(w, status, codeOf(status), err.Error())
		return
	}
	if err := s.keep(ctx, call, answer); err != nil {
		s.refuse(ctx, w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"outcome": string(answer.Outcome)})
}

var (
	errNoCall        = errors.New("no question that is still open has this token")
	errOtherAnswer   = errors.New("this question has another answer already, which stays")
	errCallbackType  = errors.New("send the answer as Content-Type: application/json")
	errCallbackLarge = errors.New("the answer is too long")
	errCallbackBroke = errors.New("the answer did not arrive")
)

// callOf finds the question that the token in the path may answer.
func (s *stepCallback) callOf(ctx context.Context, path string) (ledger.StepCall, error) {
	token := path[strings.LastIndexByte(path, '/')+1:]
	call, err := s.Ledger.StepCallByToken(ctx, steps.TokenHash(token))
	if errors.Is(err, ledger.ErrNotFound) {
		return call, errNoCall
	}
	if err == nil && !s.Now().Before(call.OpenedAt.Add(s.within(call))) {
		return call, errNoCall
	}
	return call, err
}

// within is how long a step's answer is taken after the first try to ask: for as long
// as the journey may wait. It is 0 for a step that is not configured any more.
func (s *stepCallback) within(call ledger.StepCall) time.Duration {
	for i := range s.Accounts {
		if a := &s.Accounts[i]; a.Name == call.Account {
			step, _ := a.Step(call.Step)
			return step.Patience + step.AnswerWithin
		}
	}
	return 0
}

// keep keeps the answer and lets the journey look. Both may be done again: a caller
// that saw no 200 calls again, and neither the answer nor the hint may be lost.
func (s *stepCallback) keep(ctx context.Context, call ledger.StepCall, answer journey.StepAnswer) error {
	now := s.Now()
	fresh, err := s.Ledger.SaveStepAnswer(ctx, ledger.StepAnswer{
		Account: call.Account, JourneyID: call.JourneyID, Step: call.Step, Round: call.Round, Subject: call.Subject,
		Answer: answer, At: now,
	})
	if err != nil {
		return err
	}
	if !fresh {
		held, err := s.Ledger.StepAnswer(ctx, call.Account, call.JourneyID, call.Step, call.Round, call.Subject)
		if err != nil {
			return err
		}
		if held.Answer != answer {
			return errOtherAnswer
		}
	}
	_, err = s.Ledger.RecordEvent(ctx, journey.Event{
		EventID: steps.Key(journey.StepInput{
			Account: call.Account, JourneyID: call.JourneyID, Step: call.Step, Round: call.Round, Subject: call.Subject,
		}),
		Type: journey.StepAnswered, Account: call.Account, JourneyID: call.JourneyID,
		Hint: journey.Hint{Step: call.Step}, ReceivedAt: now,
	})
	if err == nil {
		s.Wake()
	}
	return err
}

// refuse says why an answer was not taken. No path is logged: the token is in it.
func (s *stepCallback) refuse(ctx context.Context, w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, errNoCall), errors.Is(err, ledger.ErrErased), errors.Is(err, ledger.ErrNotFound):
		tell(w, http.StatusNotFound, "not_found", errNoCall.Error())
	case errors.Is(err, errOtherAnswer):
		tell(w, http.StatusConflict, "answered_otherwise", err.Error())
	default:
		s.Logger.ErrorContext(ctx, "a step's answer could not be kept", "error", err)
		w.Header().Set("Retry-After", "2")
		tell(w, http.StatusServiceUnavailable, "unavailable", "the answer could not be kept now; send it again")
	}
}

// readCallback reads the answer; the error is a sentence that quotes none of it.
func readCallback(w http.ResponseWriter, r *http.Request) (journey.StepAnswer, int, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return journey.StepAnswer{}, http.StatusUnsupportedMediaType, errCallbackType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, steps.MaxAnswer))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return journey.StepAnswer{}, http.StatusRequestEntityTooLarge, errCallbackLarge
	case err != nil:
		return journey.StepAnswer{}, http.StatusBadRequest, errCallbackBroke
	}
	answer, err := steps.ReadCallback(body)
	return answer, http.StatusBadRequest, err
}

func codeOf(status int) string {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusUnsupportedMediaType:
		return "unsupported_media_type"
	default:
		return "bad_request"
	}
}

func tell(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, map[string]string{"code": code, "message": message})
}

func writeJSON(w http.ResponseWriter, status int, body map[string]string) {
	text, _ := json.Marshal(body) // strings: this cannot fail
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the caller has gone
}

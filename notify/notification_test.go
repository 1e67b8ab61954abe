package notify_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"idjourney/journey"
	"idjourney/notify"

	"github.com/google/go-cmp/cmp"
)

const (
	account   = "bank-live"
	journeyID = "64f0c2a1b7e94d0012ab34cd"
	reference = "customer-20931"
)

func decodeAny(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("decoding %s: %v", text, err)
	}
	return v
}

func schemaOf(t *testing.T, mt journey.MessageType) schema {
	t.Helper()
	text, err := notify.Schema(mt)
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseSchema(text)
	if err != nil {
		t.Fatalf("parsing the schema of %s: %v", mt, err)
	}
	return s
}

func TestBodiesAreTheExamplesAndFulfilTheSchemas(t *testing.T) {
	t.Parallel()
	for _, mt := range notify.Types() {
		t.Run(string(mt), func(t *testing.T) {
			t.Parallel()
			got, err := notify.Encode(messages()[mt], reference)
			if err != nil {
				t.Fatal(err)
			}
			example, err := notify.Example(mt)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decodeAny(t, example), decodeAny(t, got)); diff != "" {
				t.Errorf("body differs from the example (-want +got):\n%s", diff)
			}
			s := schemaOf(t, mt)
			if err := s.check("body", decodeAny(t, got)); err != nil {
				t.Error(err)
			}
			for _, inner := range []string{"internal-", "fingerprint", "ladder", "subject"} {
				if strings.Contains(string(got), inner) {
					t.Errorf("body holds %q, which is not for customers: %s", inner, got)
				}
			}
		})
	}
}

func TestSchemasRefuseWhatIsWrong(t *testing.T) {
	t.Parallel()
	cases := map[string]func(body, data, decision map[string]any){
		"another type":       func(body, _, _ map[string]any) { body["type"] = "journey.attention" },
		"no timestamp":       func(body, _, _ map[string]any) { delete(body, "timestamp") },
		"no journey":         func(_, data, _ map[string]any) { delete(data, "journeyId") },
		"no decision":        func(_, data, _ map[string]any) { delete(data, "decision") },
		"unknown phase":      func(_, data, _ map[string]any) { data["phase"] = "somewhere" },
		"unnamed field":      func(_, data, _ map[string]any) { data["fullName"] = "x" },
		"unknown outcome":    func(_, _, decision map[string]any) { decision["outcome"] = "maybe" },
		"sequence zero":      func(_, _, decision map[string]any) { decision["sequence"] = 0.0 },
		"time without zone":  func(_, _, decision map[string]any) { decision["decidedAt"] = "2026-11-22T09:30:12" },
		"reasons not a list": func(_, _, decision map[string]any) { decision["reasons"] = "aml_match" },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := notify.Example(journey.MessageDecided)
			if err != nil {
				t.Fatal(err)
			}
			body := decodeAny(t, text)
			data := body["data"].(map[string]any)
			spoil(body, data, data["decision"].(map[string]any))
			if err := schemaOf(t, journey.MessageDecided).check("body", body); err == nil {
				t.Error("the schema accepts it")
			}
		})
	}
}

func TestOnlyDecidedCarriesADecision(t *testing.T) {
	t.Parallel()
	for mt, m := range messages() {
		if m.Decision == nil {
			m.Decision = messages()[journey.MessageDecided].Decision
		}
		body, err := notify.Encode(m, reference)
		if err != nil {
			t.Fatal(err)
		}
		_, got := decodeAny(t, body)["data"].(map[string]any)["decision"]
		if want := mt == journey.MessageDecided; got != want {
			t.Errorf("%s carries a decision: got %v, want %v", mt, got, want)
		}
		if told, want := strings.Contains(string(body), m.Decision.ID), mt == journey.MessageDecided; told != want {
			t.Errorf("%s names the decision: got %v, want %v in %s", mt, told, want, body)
		}
	}
}

func TestEncodeRefusesWhatNoSchemaDescribes(t *testing.T) {
	t.Parallel()
	for _, mt := range notify.Types() {
		if mt == journey.MessageErased {
			continue // its type is its content
		}
		m := messages()[mt]
		m.Decision, m.Review, m.Attention, m.AML = nil, nil, nil, nil
		m.Alert, m.Resubmission, m.SpotCheck = nil, nil, nil
		if body, err := notify.Encode(m, ""); err == nil {
			t.Errorf("%s without its content became %s", mt, body)
		}
	}
	if body, err := notify.Encode(journey.Message{ID: "x", Type: "journey.surprise"}, ""); err == nil {
		t.Errorf("an unknown type became %s", body)
	}
}

func TestReferenceIsAbsentWhenUnknown(t *testing.T) {
	t.Parallel()
	body, err := notify.Encode(messages()[journey.MessageDecided], "")
	if err != nil {
		t.Fatal(err)
	}
	data := decodeAny(t, body)["data"].(map[string]any)
	if _, present := data["reference"]; present {
		t.Errorf("got a reference in %s, want none", body)
	}
	if err := schemaOf(t, journey.MessageDecided).check("body", decodeAny(t, body)); err != nil {
		t.Error(err)
	}
}

// TestTheDecisionIsCopiedWhole fails when journey.Decision has a new field and it is
// undecided whether customers see it.
func TestTheDecisionIsCopiedWhole(t *testing.T) {
	t.Parallel()
	// The message type conveys Adopted.
	inside := map[string]bool{"Account": true, "JourneyID": true, "Fingerprint": true, "Adopted": true}
	outside := reflect.TypeFor[notify.Decision]()
	for field := range reflect.TypeFor[journey.Decision]().Fields() {
		if _, sent := outside.FieldByName(field.Name); sent == inside[field.Name] {
			t.Errorf("journey.Decision.%s: sent to customers is %v, want %v", field.Name, sent, !inside[field.Name])
		}
	}
}

// Older receivers still find every field of the first message types.
func TestOlderReceiversKeepTheirFields(t *testing.T) {
	t.Parallel()
	promised := map[journey.MessageType][]string{
		journey.MessageDecided:        {"decision.id", "decision.sequence", "decision.outcome", "decision.source", "decision.amlMatches", "decision.policyVersion", "decision.decidedBy", "decision.decidedAt"},
		journey.MessageReviewRequired: {"review.id", "review.kind", "review.reason", "review.since"},
		journey.MessageAttention:      {"attention.code", "attention.since"},
		journey.MessageAMLChanged:     {"aml.version"},
	}
	for mt, want := range promised {
		data := schemaOf(t, mt).Properties["data"]
		var got []string
		for _, part := range data.Required[3:] {
			for _, field := range data.Properties[part].Required {
				got = append(got, part+"."+field)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-promised +now):\n%s", mt, diff)
		}
		if diff := cmp.Diff([]string{"account", "journeyId", "phase"}, data.Required[:3]); diff != "" {
			t.Errorf("%s (-promised +now):\n%s", mt, diff)
		}
	}
}

// A reminder is about a review or about an alert, never about both.
func TestAReminderIsAboutOneThing(t *testing.T) {
	t.Parallel()
	for _, mt := range []journey.MessageType{journey.MessageReviewReminder, journey.MessageReviewOverdue} {
		ofReview, ofAlert := messages()[mt], messages()[mt]
		ofReview.Review, ofReview.Alert = messages()[journey.MessageReviewReminder].Review, nil
		ofAlert.Review, ofAlert.Alert = ofReview.Review, messages()[journey.MessageReviewOverdue].Alert
		both := map[string]any{}
		for part, m := range map[string]journey.Message{"review": ofReview, "alert": ofAlert} {
			body, err := notify.Encode(m, reference)
			if err != nil {
				t.Fatal(err)
			}
			told := decodeAny(t, body)
			if err := schemaOf(t, mt).check("body", told); err != nil {
				t.Errorf("%s of a %s: %v", mt, part, err)
			}
			both[part] = told["data"].(map[string]any)[part]
			if both[part] == nil {
				t.Errorf("%s of a %s became %s", mt, part, body)
			}
		}
		text, err := notify.Example(mt)
		if err != nil {
			t.Fatal(err)
		}
		body := decodeAny(t, text)
		for part, content := range both {
			body["data"].(map[string]any)[part] = content
		}
		if err := schemaOf(t, mt).check("body", body); err == nil {
			t.Errorf("the schema of %s accepts a review and an alert", mt)
		}
	}
}

// A resubmission is announced even without known steps or a deadline.
func TestAResubmissionWithoutSteps(t *testing.T) {
	t.Parallel()
	m := messages()[journey.MessageResubmissionRequired]
	m.Resubmission = &journey.Resubmission{Since: attentionAt}
	body, err := notify.Encode(m, reference)
	if err != nil {
		t.Fatal(err)
	}
	data := decodeAny(t, body)["data"].(map[string]any)
	if steps, ok := data["requiredSteps"].([]any); !ok || len(steps) != 0 {
		t.Errorf("got %v, want an empty list", data["requiredSteps"])
	}
	if until, there := data["until"]; there {
		t.Errorf("got an end of %v, want none", until)
	}
}

// An unbound spot check names no journey, even if the message does, and an erased journey
// has no reference, even while the ledger still knows one.
func TestUnknownFieldsAreNotSent(t *testing.T) {
	t.Parallel()
	unbound := messages()[journey.MessageSpotCheckDecided]
	unbound.JourneyID, unbound.Phase = "65a1b2c3d4e5f60718293a4b", journey.Settled
	unbound.SpotCheck.JourneyID = ""
	for absent, m := range map[string]journey.Message{
		"journeyId": unbound, "phase": unbound, "reference": messages()[journey.MessageErased],
	} {
		body, err := notify.Encode(m, reference)
		if err != nil {
			t.Fatal(err)
		}
		if got, there := decodeAny(t, body)["data"].(map[string]any)[absent]; there {
			t.Errorf("%s has %s %v, want none", m.Type, absent, got)
		}
		if err := schemaOf(t, m.Type).check("body", decodeAny(t, body)); err != nil {
			t.Error(err)
		}
	}
}

// Steps from a forged webhook are not sent under our signature.
func TestStepsHaveAKnownForm(t *testing.T) {
	t.Parallel()
	for _, forged := range []string{
		"account blocked, pay at bank.example", "<b>10</b>", "10\n", "https://bank.example", "\u202e10", "zürich", strings.Repeat("x", 65),
	} {
		for _, mt := range []journey.MessageType{journey.MessageResubmissionRequired, journey.MessageRenewalDue, journey.MessageRenewalOverdue} {
			m := messages()[mt]
			m.Resubmission.Steps = []journey.RequiredStep{{StepID: forged, ReasonCode: forged}}
			body, err := notify.Encode(m, reference)
			if err != nil {
				t.Fatal(err)
			}
			data, _ := decodeAny(t, body)["data"].(map[string]any)
			want := []any{map[string]any{"stepId": journey.Unreadable, "reasonCode": journey.Unreadable}}
			if diff := cmp.Diff(want, data["requiredSteps"]); diff != "" {
				t.Errorf("%s of %q (-want +got):\n%s", mt, forged, diff)
			}
			data["requiredSteps"] = []any{map[string]any{"stepId": forged, "reasonCode": "code"}}
			if err := schemaOf(t, mt).check("body", map[string]any{"type": string(mt), "timestamp": "2026-11-22T09:30:12Z", "data": data}); err == nil {
				t.Errorf("the schema of %s allows the step %q", mt, forged)
			}
		}
	}
}

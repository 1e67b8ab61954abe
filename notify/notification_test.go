package notify_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"idjourney/journey"
	"idjourney/notify"

	"github.com/google/go-cmp/cmp"
)

const (
	account   = "bank-live"
	journeyID = "64f0c2a1b7e94d0012ab34cd"
	reference = "customer-20931"
)

// messages are the inputs whose bodies the examples show.
func messages() map[journey.MessageType]journey.Message {
	// A zone other than UTC: what is sent must not depend on the worker's.
	zone := time.FixedZone("somewhere", 4*3600)
	amlAt := time.Date(2026, 11, 22, 13, 30, 12, 500_000_000, zone)
	reviewAt := time.Date(2026, 11, 20, 14, 2, 3, 0, time.UTC)
	attentionAt := time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)
	base := journey.Message{ID: "msg_1", Account: account, JourneyID: journeyID, Phase: journey.Settled, At: amlAt}

	decided, review, attention, aml := base, base, base, base
	decided.Type, decided.Stream = journey.MessageDecided, journey.StreamDecisions
	decided.Decision = &journey.Decision{
		ID: journey.DecisionID(account, journeyID, 2), Account: account, JourneyID: journeyID,
		Sequence: 2, Outcome: journey.OutcomeOnHold, Source: journey.SourcePolicy,
		System: "Refer", Manual: "Approved", Final: "Approved", AMLVersion: 3, AMLMatches: 1,
		Reasons: []string{"aml_match"}, Supersedes: 1, PolicyVersion: "3f9a1c20be47",
		DecidedBy: "policy", DecidedAt: amlAt, Fingerprint: "internal-fingerprint",
	}
	review.Type, review.Phase, review.At = journey.MessageReviewRequired, journey.AwaitingReview, reviewAt
	review.Review = &journey.Review{ID: "rev_0f6f3fd63b4c0f7fc6c8a9c1f2ad8d55", Kind: journey.ReviewVendor, Reason: "referred", Since: reviewAt}
	attention.Type, attention.Phase, attention.At = journey.MessageAttention, journey.AwaitingResult, attentionAt
	attention.Attention = &journey.AttentionItem{Code: journey.AttentionVendorDenied, Since: attentionAt, Detail: "internal-detail"}
	aml.Type, aml.Stream = journey.MessageAMLChanged, journey.StreamAML
	aml.AML = &journey.AMLChange{Version: 3, Added: []string{"match-7"}, Datasets: map[string]int{"sanctions": 1}}

	return map[journey.MessageType]journey.Message{
		journey.MessageDecided: decided, journey.MessageReviewRequired: review,
		journey.MessageAttention: attention, journey.MessageAMLChanged: aml,
	}
}

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
			for _, inner := range []string{"internal-", "fingerprint"} {
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
		m.Decision = messages()[journey.MessageDecided].Decision
		body, err := notify.Encode(m, reference)
		if err != nil {
			t.Fatal(err)
		}
		_, got := decodeAny(t, body)["data"].(map[string]any)["decision"]
		if want := mt == journey.MessageDecided; got != want {
			t.Errorf("%s carries a decision: got %v, want %v", mt, got, want)
		}
	}
}

func TestEncodeRefusesWhatNoSchemaDescribes(t *testing.T) {
	t.Parallel()
	for _, mt := range notify.Types() {
		m := messages()[mt]
		m.Decision, m.Review, m.Attention, m.AML = nil, nil, nil, nil
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

// TestTheDecisionIsCopiedWhole fails when journey.Decision grows a field and
// nobody has said whether customers see it.
func TestTheDecisionIsCopiedWhole(t *testing.T) {
	t.Parallel()
	inside := map[string]bool{"Account": true, "JourneyID": true, "Fingerprint": true}
	outside := reflect.TypeFor[notify.Decision]()
	for field := range reflect.TypeFor[journey.Decision]().Fields() {
		if _, sent := outside.FieldByName(field.Name); sent == inside[field.Name] {
			t.Errorf("journey.Decision.%s: sent to customers is %v, want %v", field.Name, sent, !inside[field.Name])
		}
	}
}

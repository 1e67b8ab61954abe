package notify_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"idjourney/notify"
)

// A sample is its type's example, whatever types there will be.
func TestSampleIsTheExample(t *testing.T) {
	t.Parallel()
	for _, kind := range notify.Types() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			m, reference, err := notify.Sample(kind)
			if err != nil {
				t.Fatal(err)
			}
			body, err := notify.Encode(m, reference)
			if err != nil {
				t.Fatal(err)
			}
			example, err := notify.Example(kind)
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			if json.Unmarshal(body, &got) != nil || json.Unmarshal(example, &want) != nil {
				t.Fatal("sample or example is not JSON")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-example +sample):\n%s", diff)
			}
		})
	}
	if _, _, err := notify.Sample("journey.invented"); err == nil {
		t.Error("there is a sample of an invented type")
	}
}

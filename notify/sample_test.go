package notify_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"idjourney/notify"
)

func TestSampleIsTheExample(t *testing.T) {
	t.Parallel()
	for _, kind := range notify.Types() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			id, body, err := notify.Sample(kind)
			if err != nil {
				t.Fatal(err)
			}
			if again, _, err := notify.Sample(kind); err != nil || again == id || !strings.HasPrefix(id, "sample_") {
				t.Errorf("got the ids %q and %q, %v, want a new one each time", id, again, err)
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

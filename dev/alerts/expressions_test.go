package alerts

import (
	"slices"
	"testing"
)

// A metric that nobody measures is found, wherever in an expression it is.
func TestMissing(t *testing.T) {
	t.Parallel()
	names := []string{"idjourney_webhooks_total", "up"}
	for _, query := range []string{
		`idjourney_no_such_thing`,
		`sum(rate(idjourney_no_such_thing[5m])) / sum(rate(idjourney_webhooks_total[5m])) > 0.1`,
		`sum(up) or idjourney_no_such_thing offset 5m`,
		`max_over_time({__name__="idjourney_no_such_thing"}[5m:1m])`,
	} {
		got, err := Missing([]Expression{{Where: "test", Query: query}}, names)
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"idjourney_no_such_thing"}; !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	if _, err := Missing([]Expression{{Where: "test", Query: "sum("}}, names); err == nil {
		t.Error("what is no PromQL is no error")
	}
}

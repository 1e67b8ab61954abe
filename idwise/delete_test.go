package idwise

import (
	"fmt"
	"net/http"
	"testing"
)

func TestDeleteJourney(t *testing.T) {
	t.Parallel()
	missing := fmt.Sprintf(envelope, "missing_requested_resource")
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   Deletion
		denied bool
	}{
		"200":               {fixed(200, "{}"), Deleted, false},
		"202":               {fixed(202, ""), Deleted, false},
		"204":               {fixed(204, ""), Deleted, false},
		"missing":           {fixed(404, missing), AlreadyGone, false},
		"missing as 200":    {fixed(200, missing), AlreadyGone, false},
		"bare 404":          {fixed(404, "not here"), "", true},
		"forbidden":         {fixed(403, fmt.Sprintf(envelope, "unauthorized")), "", true},
		"a refusal in 2xx":  {fixed(200, fmt.Sprintf(envelope, "locked")), "", false},
		"the vendor's 500":  {fixed(500, ""), "", false},
		"missing as a 5xx":  {fixed(503, missing), "", false},
		"too many requests": {fixed(429, ""), "", false},
	} {
		var asked string
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked = r.Method + " " + r.URL.Path
			tt.answer(w, r)
		}, nil)
		got, err := c.DeleteJourney(t.Context(), "j-1")
		if got != tt.want || (err == nil) != (tt.want != "") || IsDenied(err) != tt.denied {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
		if asked != "DELETE /journey/j-1" {
			t.Errorf("%s: the vendor was asked %q", name, asked)
		}
	}
}

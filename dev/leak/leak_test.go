package leak_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"idjourney/dev/leak"
)

const number = "784-1990-1234567-1"

func TestSearchFinds(t *testing.T) {
	t.Parallel()
	value := leak.Value{Name: "personal number", Text: number}
	name := leak.Value{Name: "name", Text: "Zoë \"Z\" <Q>"}
	quoted, err := json.Marshal(map[string]string{"n": name.Text})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		content string
		value   leak.Value
		want    string
	}{
		"plain":             {"xx" + number + "yy", value, "plain"},
		"base64":            {base64.StdEncoding.EncodeToString([]byte(number)), value, "base64"},
		"base64, shifted 1": {base64.StdEncoding.EncodeToString([]byte("{" + number + "} and more")), value, "base64"},
		"base64, shifted 2": {base64.StdEncoding.EncodeToString([]byte(`{"` + number + `"}`)), value, "base64"},
		"base64 for URLs":   {base64.URLEncoding.EncodeToString([]byte("~~~" + number + "???")), value, "base64"},
		"escaped in JSON":   {string(quoted), name, "JSON"},
	}
	for title, tc := range tests {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			file := write(t, tc.content)
			got, err := leak.Search([]leak.Value{tc.value}, filepath.Dir(file))
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0] != (leak.Finding{File: file, Name: tc.value.Name, Form: tc.want}) {
				t.Errorf("got %v, want one finding as %s", got, tc.want)
			}
			for _, f := range got {
				if strings.Contains(f.String(), tc.value.Text) {
					t.Error("the finding repeats the value")
				}
			}
		})
	}
}

func TestSearchFindsNothing(t *testing.T) {
	t.Parallel()
	file := write(t, "784-1990-1234567-2 and "+base64.StdEncoding.EncodeToString([]byte("784-1990-1234567-2")))
	got, err := leak.Search([]leak.Value{{Name: "personal number", Text: number}}, file)
	if err != nil || len(got) != 0 {
		t.Errorf("got %v and error %v, want nothing", got, err)
	}
}

func TestSearchRefuses(t *testing.T) {
	t.Parallel()
	file := write(t, "something")
	tests := map[string]struct {
		value leak.Value
		root  string
	}{
		"a value found by chance": {leak.Value{Name: "initials", Text: "AB"}, file},
		"a folder without files":  {leak.Value{Name: "number", Text: number}, t.TempDir()},
		"a missing folder":        {leak.Value{Name: "number", Text: number}, filepath.Join(t.TempDir(), "none")},
	}
	for title, tc := range tests {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if got, err := leak.Search([]leak.Value{tc.value}, tc.root); err == nil {
				t.Errorf("got %v and no error, want an error", got)
			}
		})
	}
}

func write(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "temporal.db")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

package journey_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"idjourney/journey"
)

// The form of the present version is what running workflows carry: a field that is
// renamed or removed is lost to them, so it needs a new version with a migration.
// UPDATE_STATES=1 go test ./journey -run TestTheForm writes the form as long as its
// version is not released.
func TestTheFormOfAStateIsThatOfItsVersion(t *testing.T) {
	t.Parallel()
	checkForm(t, "journey", journey.StateVersion, journey.Migrate)
	checkForm(t, "spotcheck", journey.SpotStateVersion, journey.MigrateSpot)
}

func checkForm[S any](t *testing.T, name string, version int, read func([]byte) (S, error)) {
	t.Helper()
	var full S
	v := reflect.ValueOf(&full).Elem()
	fill(v)
	v.FieldByName("Version").SetInt(int64(version))
	got := indented(t, full)
	want := golden(t, fmt.Sprintf("%s.v%d.json", name, version), got)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the form of a %T has changed (-want +got):\n%s", full, diff)
	}
	again, err := read(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full, again); diff != "" {
		t.Errorf("a %T does not survive its JSON form (-want +got):\n%s", full, diff)
	}
}

func TestAStateOfALaterVersionIsRefused(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"version": ` + strconv.Itoa(journey.StateVersion+1) + `}`: "this worker knows",
		`{}`: "this worker knows",
		`[]`: "must be a JSON object",
	} {
		if _, err := journey.Migrate([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("reading %s: %v, want an error that says %q", raw, err, want)
		}
	}
}

func golden(t *testing.T, name string, now []byte) []byte {
	t.Helper()
	file := filepath.Join("testdata", "state", name)
	if now != nil && os.Getenv("UPDATE_STATES") != "" {
		if err := os.WriteFile(file, now, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func indented(t *testing.T, s any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fill gives every field a value that is not its zero, so that none is left out.
func fill(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)))
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case v.Kind() == reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case v.Kind() == reflect.String:
		v.SetString("text")
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(int64(time.Hour))
	case v.CanFloat():
		v.SetFloat(1.5)
	}
}

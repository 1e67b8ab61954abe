package journey_test

import (
	"bytes"
	"encoding/json"
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

// A state of every past version is read as what it means now. If the files differ
// because a field was added, that is no reason to change an old version's file:
// UPDATE_STATES=1 go test ./journey -run TestStates writes the migrated forms, and
// the form of the present version as long as it was not released.
func TestStatesOfEveryVersion(t *testing.T) {
	t.Parallel()
	for version := 1; version <= journey.StateVersion; version++ {
		raw := golden(t, "v"+strconv.Itoa(version)+".json", nil)
		got, err := journey.Migrate(raw)
		if err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		if got.Version != journey.StateVersion {
			t.Errorf("version %d is migrated to %d, want %d", version, got.Version, journey.StateVersion)
		}
		now := indented(t, got)
		want := golden(t, "v"+strconv.Itoa(version)+".migrated.json", now)
		if diff := cmp.Diff(string(want), string(now)); diff != "" {
			t.Errorf("version %d is read otherwise (-want +got):\n%s", version, diff)
		}
	}
}

// The form of the present version is what running workflows carry: a field that is
// renamed or gone is lost to them, so it needs a new version with a migration.
func TestTheStatesFormIsThatOfItsVersion(t *testing.T) {
	t.Parallel()
	var full journey.State
	fill(reflect.ValueOf(&full).Elem(), 0)
	full.Version = journey.StateVersion
	got := indented(t, full)
	want := golden(t, "v"+strconv.Itoa(journey.StateVersion)+".json", got)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the form has changed (-want +got):\n%s", diff)
	}
	var again journey.State
	if err := json.Unmarshal(got, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full, again); diff != "" {
		t.Errorf("a state does not survive its JSON form (-want +got):\n%s", diff)
	}
}

func TestAStateOfALaterVersionIsRefused(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"version": ` + strconv.Itoa(journey.StateVersion+1) + `}`: "this worker knows",
		`{}`: "this worker knows",
		`[]`: "no JSON object",
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
func fill(v reflect.Value, depth int) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)))
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth+1)
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case v.Kind() == reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, depth)
		fill(value, depth)
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

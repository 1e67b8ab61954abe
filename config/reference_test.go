package config

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const referencePath = "../docs/configuration.md"

func TestReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	var want bytes.Buffer
	if err := Reference(&want); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_DOCS") == "1" {
		if err := os.WriteFile(referencePath, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(referencePath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("docs/configuration.md is not current; write it anew with UPDATE_DOCS=1 go test ./config -run TestReferenceIsCurrent\n(-generated +file)\n%s", diff)
	}
}

// Every key has a meaning, and none is missing from the page.
func TestReferenceHasEveryKey(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	if err := Reference(&page); err != nil {
		t.Fatal(err)
	}
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		for _, fd := range fieldsOf(v) {
			key := join(path, fd.key)
			if fd.doc == "" {
				t.Errorf("%s has no doc tag", key)
			}
			if !strings.Contains(page.String(), "| `"+fd.key+"`") {
				t.Errorf("the page lacks %s", key)
			}
			typ := fd.value.Type()
			for typ.Kind() == reflect.Pointer || shapeOf(typ) == items {
				typ = typ.Elem()
			}
			if shapeOf(typ) == section {
				walk(key, reflect.New(typ).Elem())
			}
		}
	}
	walk("", reflect.ValueOf(Config{}))
	for name := range envKeys() {
		if !strings.Contains(page.String(), "`"+name+"`") {
			t.Errorf("the page lacks the variable %s", name)
		}
	}
}

package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// faults collects all faults, so that they can be corrected in one go.
type faults struct {
	list []error
	seen map[string]bool
}

// add notes a fault. The sentence's subject is the path, and it says what to do.
func (f *faults) add(path, format string, args ...any) {
	text := path + " " + fmt.Sprintf(format, args...)
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	if !f.seen[text] {
		f.seen[text] = true
		f.list = append(f.list, errors.New(text))
	}
}

// each notes the joined errors one by one; each is a sentence without its subject.
func (f *faults) each(path string, err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			f.each(path, e)
		}
		return
	}
	f.add(path, "%s", err)
}

func (f *faults) join() error { return errors.Join(f.list...) }

// decoding notes the faults of a decoder's error, one by one.
func (f *faults) decoding(err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			f.decoding(e)
		}
		return
	}
	named, ok := err.(interface {
		Name() string
		Unwrap() error
	})
	if !ok {
		if inner := errors.Unwrap(err); inner != nil {
			f.decoding(inner)
			return
		}
		f.add("the configuration", "cannot be read: %s", err)
		return
	}
	f.field(named.Name(), named.Unwrap())
}

func (f *faults) field(name string, err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			f.field(name, e)
		}
		return
	}
	path := pathOf(name)
	if keys, ok := strings.CutPrefix(err.Error(), "has invalid keys: "); ok {
		for key := range strings.SplitSeq(keys, ", ") {
			f.add(join(path, key), "is not a key of the configuration: correct it (docs/configuration.md lists all)")
		}
		return
	}
	f.add(path, "cannot be read: %s", err)
}

var goName = regexp.MustCompile(`[A-Z][A-Za-z]*`)

// pathOf turns a decoder's name for a place into ours.
func pathOf(name string) string {
	if name == "" {
		return ""
	}
	return goName.ReplaceAllStringFunc(name, strings.ToLower)
}

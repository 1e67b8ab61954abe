package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// faults collects all faults, so that they can be corrected in one go.
type faults struct{ list []error }

// add notes a fault. The sentence's subject is the path, and it says what to do.
func (f *faults) add(path, format string, args ...any) {
	fault := errors.New(path + " " + fmt.Sprintf(format, args...))
	if !slices.ContainsFunc(f.list, func(known error) bool { return known.Error() == fault.Error() }) {
		f.list = append(f.list, fault)
	}
}

// addIf notes a fault if wrong is true.
func (f *faults) addIf(wrong bool, path, format string, args ...any) {
	if wrong {
		f.add(path, format, args...)
	}
}

// each notes the joined errors one by one; each is a sentence without its subject.
func (f *faults) each(path string, err error) {
	for _, e := range flatten(err) {
		f.add(path, "%s", e)
	}
}

func (f *faults) join() error { return errors.Join(f.list...) }

// flatten lists the errors that are joined in err.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	many, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var list []error
	for _, e := range many.Unwrap() {
		list = append(list, flatten(e)...)
	}
	return list
}

// decoding notes the faults of mapstructure's error, one by one.
func (f *faults) decoding(err error) {
	for _, e := range flatten(err) {
		inner := errors.Unwrap(e)
		switch named, ok := e.(interface{ Name() string }); {
		case ok:
			f.field(named.Name(), inner)
		case inner != nil:
			f.decoding(inner)
		default:
			f.add("the configuration", "cannot be read: %s", e)
		}
	}
}

// field notes the faults of one key. mapstructure's metadata would list unknown keys, too,
// but not beside a value that cannot be read.
func (f *faults) field(path string, err error) {
	for _, e := range flatten(err) {
		keys, unknown := strings.CutPrefix(e.Error(), "has invalid keys: ")
		if !unknown {
			f.add(path, "cannot be read: %s", e)
			continue
		}
		for key := range strings.SplitSeq(keys, ", ") {
			f.add(join(path, key), "is not a key of the configuration: correct it (docs/configuration.md lists all)")
		}
	}
}

package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
)

// Everything that has to know all keys (environment variables, secrets, print,
// reference) walks the same structs by their tags, so that none can miss one.

// field is one key of a struct of the configuration.
type field struct {
	key   string
	doc   string
	value reflect.Value
}

// shape is how a key is written in YAML.
type shape int

const (
	leaf    shape = iota // a scalar, a list of scalars, a secret
	section              // a mapping
	items                // a list of mappings
)

var (
	secretType    = reflect.TypeFor[Secret]()
	ledgerURLType = reflect.TypeFor[LedgerURL]()
	prefixType    = reflect.TypeFor[netip.Prefix]()
)

func shapeOf(t reflect.Type) shape {
	switch {
	case t == secretType || t == ledgerURLType || t == prefixType:
		return leaf
	case t.Kind() == reflect.Struct:
		return section
	case t.Kind() == reflect.Pointer:
		return shapeOf(t.Elem())
	case t.Kind() == reflect.Slice && shapeOf(t.Elem()) == section:
		return items
	}
	return leaf
}

// fieldsOf lists the keys of a struct in their order.
func fieldsOf(v reflect.Value) []field {
	var list []field
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		if key := tag.Get("mapstructure"); key != "" {
			list = append(list, field{key: key, doc: tag.Get("doc"), value: v.Field(i)})
		}
	}
	return list
}

// visit calls f for every single value below v, items of lists included. A
// path reads like accounts[acme].webhook.bearer[0].
func visit(path string, v reflect.Value, f func(path string, v reflect.Value)) {
	switch {
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			visit(path, v.Elem(), f)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			visit(itemPath(path, i, v.Index(i)), v.Index(i), f)
		}
	case shapeOf(v.Type()) == section:
		for _, fd := range fieldsOf(v) {
			visit(join(path, fd.key), fd.value, f)
		}
	default:
		f(path, v)
	}
}

// itemPath names an item by its name where it has one: a person finds "acme"
// sooner than the third item.
func itemPath(path string, i int, v reflect.Value) string {
	if shapeOf(v.Type()) == section {
		for _, name := range []string{"Name", "ID"} {
			if f := v.FieldByName(name); f.IsValid() && f.Kind() == reflect.String && f.String() != "" {
				return fmt.Sprintf("%s[%s]", path, f.String())
			}
		}
	}
	return fmt.Sprintf("%s[%d]", path, i)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// envKeys maps the environment variable of every key outside of lists to the key.
func envKeys() map[string]string {
	keys := map[string]string{}
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		for _, fd := range fieldsOf(v) {
			key := join(path, fd.key)
			switch shapeOf(fd.value.Type()) {
			case section:
				walk(key, fd.value)
			case leaf:
				keys[envName(key)] = key
			case items: // an item has no name that an environment could hold
			}
		}
	}
	walk("", reflect.ValueOf(Config{}))
	return keys
}

const envPrefix = "IDJOURNEY_"

func envName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

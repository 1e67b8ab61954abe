package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
)

// Everything that has to know all keys (environment variables, secrets, checks,
// reference) walks the same structs by their tags, so that none can miss one.

// field is one key of the configuration, by its tags: yaml is the key, default its value,
// check a rule of validateKeys, doc its meaning. An item of a list has only the value.
type field struct {
	key, doc, check, standard string
	value                     reflect.Value
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
		if key := tag.Get("yaml"); key != "" {
			list = append(list, field{key, tag.Get("doc"), tag.Get("check"), tag.Get("default"), v.Field(i)})
		}
	}
	return list
}

// visit calls f for fd and for every key and item below it. A path reads like
// accounts[acme].webhook.bearer[0].
func visit(path string, fd field, f func(path string, fd field)) {
	f(path, fd)
	switch v := reflect.Indirect(fd.value); {
	case !v.IsValid(): // an optional section that is left out
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			visit(itemPath(path, i, nameOf(v.Index(i))), field{value: v.Index(i)}, f)
		}
	case shapeOf(v.Type()) == section:
		for _, key := range fieldsOf(v) {
			visit(join(path, key.key), key, f)
		}
	}
}

// itemPath names an item by its name where it has one: a person finds "acme"
// sooner than the third item.
func itemPath(path string, i int, name string) string {
	if name == "" {
		return fmt.Sprintf("%s[%d]", path, i)
	}
	return fmt.Sprintf("%s[%s]", path, name)
}

func nameOf(item reflect.Value) string {
	if shapeOf(item.Type()) == section {
		for _, name := range []string{"Name", "ID", "Dataset"} {
			if f := item.FieldByName(name); f.IsValid() && f.String() != "" {
				return f.String()
			}
		}
	}
	return ""
}

func join(path, key string) string {
	return strings.TrimPrefix(path+"."+key, ".")
}

// envKeys maps the environment variable of every key outside of lists to the key.
func envKeys() map[string]string {
	keys := map[string]string{}
	visit("", field{value: reflect.ValueOf(Config{})}, func(path string, fd field) {
		if shapeOf(fd.value.Type()) == leaf {
			keys[envName(path)] = path
		}
	})
	return keys
}

const envPrefix = "IDJOURNEY_"

func envName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

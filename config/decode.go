package config

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"strings"
	"time"
)

var (
	durationType = reflect.TypeFor[time.Duration]()
	dateType     = reflect.TypeFor[Date]()
	authType     = reflect.TypeFor[WebhookAuth]()
)

// decodeHook turns what YAML and the environment hold into our types. It is
// strict where the decoder is lenient in a dangerous way: an unquoted flow id
// 64e12 is a number to YAML, and a duration of 30 would be 30 nanoseconds.
func decodeHook(from, to reflect.Type, data any) (any, error) {
	switch {
	case to == secretType:
		return decodeSecret(data)
	case to == ledgerURLType:
		text, ok := data.(string)
		if !ok {
			return nil, errors.New("it is text: write it in quotes")
		}
		return NewLedgerURL(text), nil
	case to == authType:
		return decodeAuth(data)
	case to == durationType:
		return decodeDuration(data)
	case to == prefixType:
		return decodePrefix(data)
	case to == dateType:
		if day, ok := data.(time.Time); ok { // YAML reads a date without quotes as one
			return day.Format(time.DateOnly), nil
		}
	case to.Kind() == reflect.Slice:
		return decodeList(from, to, data)
	}
	return data, checkScalar(from.Kind(), to.Kind())
}

func decodeSecret(data any) (any, error) {
	if _, ok := data.(map[string]any); !ok {
		return nil, errors.New("a secret is never written in the configuration: replace it, and name where it is by secret_env or secret_file")
	}
	return data, nil
}

func decodeAuth(data any) (any, error) {
	m, ok := data.(map[string]any)
	if !ok {
		return nil, errors.New("write one or more of basic, bearer, headers and allow_ips below it, or auth: none")
	}
	auth, ok := m["auth"]
	if !ok {
		return data, nil
	}
	if auth != "none" {
		return nil, errors.New("auth can only be none; configure basic, bearer, headers or allow_ips instead")
	}
	m = maps.Clone(m)
	m["auth"] = true
	return m, nil
}

func decodeDuration(data any) (any, error) {
	text, ok := data.(string)
	if !ok {
		return nil, errors.New("a duration needs a unit, for example 30s, 10m or 168h")
	}
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("it is not a duration: write, for example, 30s, 10m or 168h")
	}
	return d, nil
}

func decodePrefix(data any) (any, error) {
	text, ok := data.(string)
	if !ok {
		return nil, errors.New("write an address or a network, for example 10.1.2.3 or 10.1.0.0/16")
	}
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address or a network: write, for example, 10.1.2.3 or 10.1.0.0/16", text)
	}
	return prefix.Masked(), nil
}

// decodeList splits a list that came as one text, as from the environment.
func decodeList(from, to reflect.Type, data any) (any, error) {
	switch from.Kind() {
	case reflect.Slice:
		return data, nil
	case reflect.String:
		if shapeOf(to) == items {
			return nil, errors.New("it is a list: begin each item with a dash")
		}
		list := []string{}
		for part := range strings.SplitSeq(data.(string), ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
		return list, nil
	}
	return nil, errors.New("it is a list: begin each item with a dash")
}

func checkScalar(from, to reflect.Kind) error {
	number := from >= reflect.Int && from <= reflect.Float64
	switch to {
	case reflect.String:
		if from != reflect.String {
			return errors.New("it is text: write it in quotes")
		}
	case reflect.Bool:
		if number {
			return errors.New("it is true or false")
		}
	case reflect.Int, reflect.Int64:
		if from == reflect.Bool || from == reflect.Float32 || from == reflect.Float64 {
			return errors.New("it is a whole number")
		}
	case reflect.Float64:
		if from == reflect.Bool {
			return errors.New("it is a number")
		}
	}
	return nil
}

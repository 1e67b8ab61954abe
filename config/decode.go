package config

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"time"
)

// decoders read the types that are no plain scalars and lists.
var decoders = map[reflect.Type]func(data any) (any, error){
	secretType: func(data any) (any, error) {
		if _, ok := data.(map[string]any); !ok {
			return nil, errors.New("a secret is never written in the configuration: replace it, and name where it is by secret_env or secret_file")
		}
		return data, nil
	},
	ledgerURLType: func(data any) (any, error) {
		text, ok := data.(string)
		if !ok {
			return nil, errors.New("it is text: write it in quotes")
		}
		return NewLedgerURL(text), nil
	},
	reflect.TypeFor[WebhookAuth](): func(data any) (any, error) {
		if _, ok := data.(map[string]any); !ok {
			return nil, errors.New("write one or more of basic, bearer, headers and allow_ips below it, or auth: none")
		}
		return data, nil
	},
	reflect.TypeFor[NoAuth](): func(data any) (any, error) {
		if data != "none" {
			return nil, errors.New("auth can only be none; configure basic, bearer, headers or allow_ips instead")
		}
		return true, nil
	},
	reflect.TypeFor[time.Duration](): decodeDuration,
	prefixType:                       decodePrefix,
}

// decodeHook turns what YAML and the environment hold into our types. It is strict where
// the decoder is not: an unquoted flow id 64e12 is a number to YAML, and a duration of 30
// would be 30 nanoseconds.
func decodeHook(from, to reflect.Type, data any) (any, error) {
	if decode, ok := decoders[to]; ok {
		return decode(data)
	}
	if day, ok := data.(time.Time); ok && to == reflect.TypeFor[Date]() { // YAML reads a date without quotes as one
		return day.Format(time.DateOnly), nil
	}
	if to.Kind() == reflect.Slice {
		return decodeList(from, to, data)
	}
	return data, checkScalar(from.Kind(), to.Kind())
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
	if from.Kind() == reflect.Slice {
		return data, nil
	}
	text, ok := data.(string)
	if !ok || shapeOf(to) == items {
		return nil, errors.New("it is a list: begin each item with a dash")
	}
	list := []string{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list, nil
}

func checkScalar(from, to reflect.Kind) error {
	number := from >= reflect.Int && from <= reflect.Float64
	switch {
	case to == reflect.String && from != reflect.String:
		return errors.New("it is text: write it in quotes")
	case to == reflect.Bool && number:
		return errors.New("it is true or false")
	case (to == reflect.Int || to == reflect.Int64) && (from == reflect.Bool || from == reflect.Float32 || from == reflect.Float64):
		return errors.New("it is a whole number")
	case to == reflect.Float64 && from == reflect.Bool:
		return errors.New("it is a number")
	}
	return nil
}

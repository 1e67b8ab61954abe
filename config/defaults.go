package config

import (
	"reflect"
	"strings"

	"github.com/go-viper/mapstructure/v2"
)

// inherit fills the unset keys of section from base. The zero value means unset.
func inherit[T any](section *T, base T) {
	fill(reflect.ValueOf(section).Elem(), reflect.ValueOf(base))
}

func fill(v, base reflect.Value) {
	switch {
	case shapeOf(v.Type()) == section && v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), base.Field(i))
		}
	case v.CanSet() && v.IsZero():
		v.Set(base)
	}
}

// applyDefaults gives unset keys the defaults of their tags. Overrides of the policy have
// none: they are inherited.
func applyDefaults[T any](section *T) {
	visit("", field{value: reflect.ValueOf(section).Elem()}, func(path string, fd field) {
		if fd.standard == "" || !fd.value.IsZero() || strings.Contains(path, ".policy.") {
			return
		}
		decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
			Result: fd.value.Addr().Interface(), DecodeHook: decodeHook, WeaklyTypedInput: true,
		})
		if err == nil {
			err = decoder.Decode(fd.standard)
		}
		if err != nil {
			panic("the default of " + path + " cannot be read: " + err.Error())
		}
	})
}

// setDefaults fills in what the file leaves out.
func (c *Config) setDefaults() {
	applyDefaults(c)
	inherit(&c.Policy, DefaultPolicy())
	if c.Ledger.URLFile == "" {
		inherit(&c.Ledger, Ledger{URL: NewLedgerURL("sqlite:idjourney.db")})
	}
	c.Activities = mergeActivities(c.Activities)
	face := c.ActivityOptions(ActivityCompareGovernmentFace)
	for i := range c.Accounts {
		c.Accounts[i].setDefaults(c.Policy, face)
		c.Accounts[i].calendars = c.Calendars
	}
}

// WithDefaults returns the limits with none of them zero, which net/http reads as
// unlimited.
func (i Intake) WithDefaults() Intake {
	applyDefaults(&i)
	return i
}

package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"
)

const referenceHead = `# Configuration

<!-- Generated from package config: do not edit. UPDATE_DOCS=1 go test ./config -run TestReferenceIsCurrent writes it anew. -->

idjourney reads one YAML file, named by ` + "`--config` or `IDJOURNEY_CONFIG`" + `; [config/example.yaml](../config/example.yaml) is a start.
Everything is checked before anything starts, and all faults are reported at once.

* **Environment.** Each key outside of a list can also be set by the variable in its row, which wins over the file. Lists of texts are written with commas.
* **Secrets** are never in the file. In a list, a secret is a mapping with ` + "`secret_env`" + ` (the variable that holds it) or ` + "`secret_file`" + ` (the file that holds it, relative to the working directory; one line break at its end is ignored).
* **Durations** have a unit: 2s, 10m, 168h. **0 or nothing** means "not said": the default, or for overrides what is inherited.
* **Temporal's** connection is configured by Temporal's own ` + "`TEMPORAL_*`" + ` variables and profiles, **telemetry** by ` + "`OTEL_*`" + `.

`

// Reference writes the Markdown reference of all keys: what it knows is what the
// code reads.
func Reference(w io.Writer) error {
	c := sample()
	var b strings.Builder
	b.WriteString(referenceHead)
	writeSection(&b, "Top level", "", reflect.ValueOf(*c))
	writeActivityDefaults(&b)
	if _, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n"); err != nil {
		return fmt.Errorf("writing the reference: %w", err)
	}
	return nil
}

// sample is a configuration with one of everything and nothing said, so that its
// values are the defaults.
func sample() *Config {
	c := &Config{API: API{Tokens: make([]Token, 1)}, Calendars: []Calendar{{
		Weekly: make([]WeeklyHours, 1), Dates: make([]DateHours, 1),
	}}, Accounts: []Account{{
		Paths: make([]PathOverride, 1),
		Webhook: WebhookAuth{
			Basic: make([]BasicCredential, 1), Headers: make([]HeaderCredential, 1),
		},
		Government: &Government{},
		Endpoints:  make([]Endpoint, 1),
		Flows:      []Flow{{Steps: []Step{{Patience: time.Hour, HTTP: &HTTPCall{}}}}},
	}}}
	c.setDefaults()
	a := &c.Accounts[0]
	a.BaseURL, a.Overrides = "", Policy{}
	a.Flows[0].Policy = Policy{}
	a.Flows[0].Steps[0].Patience, a.Flows[0].Steps[0].HTTP.Timeout = 0, 0
	c.Activities = make([]ActivityOptions, 1)
	return c
}

// writeSection writes one table of keys, then those of the sections below it.
func writeSection(b *strings.Builder, title, path string, v reflect.Value) {
	fmt.Fprintf(b, "## %s\n\n| Key | Default | Meaning |\n| --- | --- | --- |\n", title)
	for _, fd := range fieldsOf(v) {
		shown := "`" + fd.key + "`"
		if key := join(path, fd.key); shapeOf(fd.value.Type()) == leaf && !strings.Contains(key, "[]") {
			shown += "<br>`" + envName(key) + "`"
		}
		fmt.Fprintf(b, "| %s | %s | %s%s |\n", shown, defaultText(fd.value), kindText(fd.value.Type()), fd.doc)
	}
	b.WriteString("\n")
	for _, fd := range fieldsOf(v) {
		key := join(path, fd.key)
		switch {
		case fd.value.Type() == reflect.TypeFor[Policy]() && path != "": // the same keys as the top level's
		case shapeOf(fd.value.Type()) == section:
			writeSection(b, key, key, reflect.Indirect(fd.value))
		case shapeOf(fd.value.Type()) == items:
			writeSection(b, key+"[]", key+"[]", fd.value.Index(0))
		}
	}
}

// defaultText is the default's column; keys without one stay empty.
func defaultText(v reflect.Value) string {
	if shapeOf(v.Type()) != leaf || v.IsZero() || v.Type() == secretType {
		return ""
	}
	return "`" + plainText(v) + "`"
}

func plainText(v reflect.Value) string {
	if d, ok := v.Interface().(time.Duration); ok {
		return shortDuration(d)
	}
	if v.Kind() != reflect.Slice {
		return fmt.Sprint(v)
	}
	var list []string
	for i := range v.Len() {
		list = append(list, plainText(v.Index(i)))
	}
	return strings.Join(list, ", ")
}

// kindText says how the value is written where the meaning does not.
func kindText(t reflect.Type) string {
	durationType := reflect.TypeFor[time.Duration]()
	switch {
	case t.Kind() == reflect.Slice && t.Elem() == secretType:
		return "*List of secrets.* "
	case t.Kind() == reflect.Slice && t.Elem() == durationType:
		return "*List of durations.* "
	case t.Kind() == reflect.Slice:
		return "*List.* "
	case shapeOf(t) == section:
		return "*Section.* "
	case t == secretType:
		return "*Secret.* "
	case t == durationType:
		return "*Duration.* "
	}
	return ""
}

func writeActivityDefaults(b *strings.Builder) {
	orElse := func(d time.Duration, otherwise string) string {
		if d == 0 {
			return otherwise
		}
		return shortDuration(d)
	}
	b.WriteString("## Defaults of the activities\n\nFor a step the row of CompareGovernmentFace applies; a step whose activity is your own has")
	fmt.Fprintf(b, " start_to_close %s, no heartbeat, and the same retries.\n\n", shortDuration(stepDefaults().StartToClose))
	b.WriteString("| Activity | start_to_close | schedule_to_close | heartbeat | retry.initial | retry.coefficient | retry.maximum_interval | retry.attempts |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, o := range Defaults() {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %v | %s | as many as the time allows |\n", o.Name, shortDuration(o.StartToClose),
			orElse(o.ScheduleToClose, "the step's patience"), orElse(o.Heartbeat, "none"),
			shortDuration(o.Retry.Initial), o.Retry.Coefficient, shortDuration(o.Retry.MaximumInterval))
	}
}

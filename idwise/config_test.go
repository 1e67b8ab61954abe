package idwise

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := Config{BaseURL: "https://api.example.com", Credentials: Credentials{Key: "key", Secret: "secret"}}
	cases := map[string]struct {
		change func(*Config)
		says   string
	}{
		"no base":           {func(c *Config) { c.BaseURL = "" }, "base URL"},
		"no scheme":         {func(c *Config) { c.BaseURL = "api.example.com" }, "base URL"},
		"ftp":               {func(c *Config) { c.BaseURL = "ftp://api.example.com" }, "base URL"},
		"user":              {func(c *Config) { c.BaseURL = "https://u:topsecret@api.example.com" }, "no user"},
		"query":             {func(c *Config) { c.BaseURL = "https://api.example.com?x=1" }, "query"},
		"no key":            {func(c *Config) { c.Credentials.Key = "" }, "key"},
		"no secret":         {func(c *Config) { c.Credentials.Secret = "" }, "secret"},
		"colon in the key":  {func(c *Config) { c.Credentials.Key = "a:b" }, "colon"},
		"unknown operation": {func(c *Config) { c.Paths = map[string]string{"journey_resalt": "/x"} }, "journey_result"},
		"relative path":     {func(c *Config) { c.Paths = map[string]string{"journey_result": "x/{journey_id}"} }, "begin with"},
		"another host":      {func(c *Config) { c.Paths = map[string]string{"journey_result": "//x/{journey_id}"} }, "begin with"},
		"path without id":   {func(c *Config) { c.Paths = map[string]string{"journey_result": "/x"} }, "shaped like"},
		"path with an id":   {func(c *Config) { c.Paths = map[string]string{"complete_custom_step": "/{journey_id}"} }, "shaped like"},
		"another's id":      {func(c *Config) { c.Paths = map[string]string{"aml_history": "/checks/{journey_id}"} }, "shaped like /checks/aml/{check_id}/history"},
		"a query":           {func(c *Config) { c.Paths = map[string]string{"spot_check": "/s/{spot_check_id}?x"} }, "special character"},
		"no closing brace":  {func(c *Config) { c.Paths = map[string]string{"start_journey": "/x{"} }, "shaped like"},
		"other placeholder": {func(c *Config) { c.Paths = map[string]string{"journey_result": "/{journey_id}/{x}"} }, "special character"},
	}
	for name, c := range cases {
		cfg := good
		c.change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%s: got %v, want a sentence about %q", name, err, c.says)
		}
	}
	good.Paths = map[string]string{"aml_history": "/aml/{check_id}", "delete_journey": "/v2/{journey_id}/data", "start_journey": "/start"}
	if _, err := New(good); err != nil {
		t.Errorf("a good configuration: %v", err)
	}
}

func TestRegions(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"eu": "https://api.idwise.com", "uae": "https://api-uae.idwise.com", "qatar": "https://api-qat.idwise.com", "mars": "",
	} {
		if got, ok := RegionURL(region); got != want || ok != (want != "") {
			t.Errorf("%s: got %q %v, want %q", region, got, ok, want)
		}
	}
}

func TestOperationsIsACopy(t *testing.T) {
	t.Parallel()
	Operations()[0].Path = "/changed"
	for _, e := range Operations() {
		if err := CheckPath(string(e.Operation), e.Path); err != nil {
			t.Errorf("the table's own path: %v", err)
		}
		if e.Path == "/changed" {
			t.Error("the table was changed from outside")
		}
	}
}

func TestCredentialsAreHidden(t *testing.T) {
	t.Parallel()
	c := Credentials{Key: "mykey", Secret: "mysecret"}
	var out strings.Builder
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "credentials", c, "config", fmt.Sprintf("%+v", Config{Credentials: c}))
	_, _ = fmt.Fprintf(&out, "%v %+v %#v %s", c, c, c, &c)
	if got := out.String(); strings.Contains(got, "mykey") || strings.Contains(got, "mysecret") {
		t.Errorf("got %q, want nothing of the credentials", got)
	}
}

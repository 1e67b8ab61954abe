package config

import "net/netip"

// WebhookAuth says how an account's webhooks prove themselves. All mechanisms
// that are configured must match; within one, any of its live secrets (two at
// most, while they are rotated). IDWise signs nothing, so this is all there is.
type WebhookAuth struct {
	// None is "auth: none", written out: anybody may post. Refused for live.
	None     bool               `mapstructure:"auth" doc:"Only ever none: anybody who knows the address may post. Refused for a live account and beside any mechanism."`
	Basic    []BasicCredential  `mapstructure:"basic" doc:"HTTP Basic credentials; two while they are rotated."`
	Bearer   []Secret           `mapstructure:"bearer" doc:"Bearer tokens; two while they are rotated."`
	Headers  []HeaderCredential `mapstructure:"headers" doc:"Custom headers; each one listed must match."`
	AllowIPs []netip.Prefix     `mapstructure:"allow_ips" doc:"Addresses or networks that webhooks come from. IDWise's support hands out its own."`
}

// BasicCredential is one accepted user and password. A password may hold colons,
// a user may not.
type BasicCredential struct {
	User     string `mapstructure:"user" doc:"User name, without a colon. Required."`
	Password Secret `mapstructure:"password" doc:"Password. Required."`
}

// HeaderCredential is one header that must be sent with one of the values.
type HeaderCredential struct {
	Name   string   `mapstructure:"name" doc:"Header's name. Required."`
	Values []Secret `mapstructure:"values" doc:"The value, or two while they are rotated. Required."`
}

// Configured reports whether anything is said at all, "auth: none" included.
func (w WebhookAuth) Configured() bool {
	return w.None || w.mechanisms() > 0
}

func (w WebhookAuth) mechanisms() int {
	n := 0
	for _, configured := range []bool{len(w.Basic) > 0, len(w.Bearer) > 0, len(w.Headers) > 0, len(w.AllowIPs) > 0} {
		if configured {
			n++
		}
	}
	return n
}

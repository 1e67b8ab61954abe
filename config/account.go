package config

import "time"

// Environment says whether an account's journeys are about real customers.
type Environment string

// Live and sandbox accounts share no secret and no endpoint.
const (
	Live    Environment = "live"
	Sandbox Environment = "sandbox"
)

// Account is one IDWise account: one webhook path (/webhooks/idwise/<name>), one
// set of secrets, its flows and the customer's endpoints.
type Account struct {
	Name              string         `mapstructure:"name" doc:"Name in every id, path and decision: [a-z0-9-], at most 32 characters, unique. Required; never change it."`
	Environment       Environment    `mapstructure:"environment" doc:"live or sandbox. Required. The two share no secret and no endpoint."`
	Region            string         `mapstructure:"region" doc:"IDWise's region: eu, uae or qatar. Not together with base_url."`
	BaseURL           string         `mapstructure:"base_url" doc:"Address of IDWise's API where the region's is not the right one, for example a stand-in. https for a live account."`
	Paths             []PathOverride `mapstructure:"paths" doc:"Corrections of the API's paths, should IDWise's differ from the built-in table, and marks on those that are confirmed."`
	AcceptUnconfirmed bool           `mapstructure:"accept_unconfirmed_paths" doc:"true lets a live account start although paths of IDWise's API that it needs are guesses of ours."`
	APIKey            Secret         `mapstructure:"api_key" doc:"API key (some accounts: customer id). Required."`
	APISecret         Secret         `mapstructure:"api_secret" doc:"API secret (some accounts: server key). Required."`
	RequestsPerSecond float64        `mapstructure:"requests_per_second" doc:"Most requests to IDWise's API a second, of each worker and each starter process."`
	Timeout           time.Duration  `mapstructure:"timeout" doc:"How long one request to IDWise's API may take."`
	Webhook           WebhookAuth    `mapstructure:"webhook" doc:"How IDWise's webhooks prove themselves. Everything configured here must match. Required."`
	Government        *Government    `mapstructure:"government" doc:"Where the government's face comes from. Required if a step compares it."`
	Endpoints         []Endpoint     `mapstructure:"endpoints" doc:"The customer's endpoints, which receive the signed messages."`
	Overrides         Policy         `mapstructure:"policy" doc:"Overrides of the top-level policy for this account."`
	Flows             []Flow         `mapstructure:"flows" doc:"The flows whose journeys are decided. A journey of a flow that is not listed is held for a person."`

	calendars []Calendar // the configuration's, for [Account.Ladders]
}

// PathOverride corrects one path of the vendor's API.
type PathOverride struct {
	Operation string `mapstructure:"operation" doc:"Name of the operation in the table of package idwise, for example journey_result."`
	Path      string `mapstructure:"path" doc:"Path from the API's base, with the placeholder of the table, for example {journey_id}."`
	Confirmed bool   `mapstructure:"confirmed" doc:"true once the path has been seen to work at this account: idjourney doctor says how far it is known. It counts for exactly the path that is written here."`
}

// Government is the source of reference faces.
type Government struct {
	Kind    string        `mapstructure:"kind" doc:"http is the only kind."`
	URL     string        `mapstructure:"url" doc:"Address that is asked by POST; the personal number is in the body, never in the URL. https for a live account. Required."`
	Token   Secret        `mapstructure:"token" doc:"Bearer token. Required."`
	Timeout time.Duration `mapstructure:"timeout" doc:"How long one look-up may take."`
}

// Endpoint is one of the customer's endpoints.
type Endpoint struct {
	Name          string        `mapstructure:"name" doc:"Name of the endpoint: [a-z0-9-], at most 32 characters, unique in the account. Required."`
	URL           string        `mapstructure:"url" doc:"Address that messages are posted to; https for a live account. Required."`
	Secrets       []Secret      `mapstructure:"secrets" doc:"One Standard Webhooks secret (whsec_…), or two while they are rotated: messages are signed with all of them. Required."`
	Timeout       time.Duration `mapstructure:"timeout" doc:"How long the endpoint has to answer."`
	MaxConcurrent int           `mapstructure:"max_concurrent" doc:"Messages that are on their way to the endpoint at a time, from each worker; further ones wait without a slot."`
}

// Flow is one of the account's flows at IDWise.
type Flow struct {
	ID         string `mapstructure:"id" doc:"IDWise's flow id, in quotes. Required."`
	Name       string `mapstructure:"name" doc:"Readable name, shown in Temporal and in policies."`
	CustomStep bool   `mapstructure:"custom_step" doc:"true if the flow has a custom step at IDWise: idjourney then completes it in every case, after the steps."`
	Steps      []Step `mapstructure:"steps" doc:"The steps that run, in this order, while IDWise's flow waits in its custom step."`
	Policy     Policy `mapstructure:"policy" doc:"Overrides of the account's policy for this flow."`
}

// PathMap returns the corrections by operation; nil if there are none.
func (a *Account) PathMap() map[string]string {
	var paths map[string]string
	for _, p := range a.Paths {
		if paths == nil {
			paths = make(map[string]string, len(a.Paths))
		}
		paths[p.Operation] = p.Path
	}
	return paths
}

// Endpoint returns the account's endpoint of that name.
func (a *Account) Endpoint(name string) (Endpoint, bool) {
	for _, e := range a.Endpoints {
		if e.Name == name {
			return e, true
		}
	}
	return Endpoint{}, false
}

// Flow returns the flow with IDWise's id.
func (a *Account) Flow(id string) (Flow, bool) {
	for _, f := range a.Flows {
		if f.ID == id {
			return f, true
		}
	}
	return Flow{}, false
}

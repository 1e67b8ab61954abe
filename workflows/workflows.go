// Package workflows is the interpreter: it receives, calls journey.Apply, runs the
// effects as activities, feeds their answers back, and continues as new. It holds
// no rule about identities; those are in package journey.
//
// One interpreter (interpreter.go) runs journeys (journey.go) and spot checks
// (spotcheck.go). Only its loop changes the state. Signals, lanes and update handlers
// append to the inbox and nothing else, so that Apply takes its inputs in the order in
// which the history has them.
package workflows

import "idjourney/config"

// Limits are the time-outs and retries of one activity. They come from the worker's
// configuration, never from history, so that they can be changed under running
// journeys.
type Limits = config.ActivityOptions

// Retry is an activity's retry policy.
type Retry = config.Retry

// Options is what the interpreter takes from the worker's configuration.
type Options struct {
	// Limits answers for one of our own activities, by its name.
	Limits func(activity string) Limits
	// StepLimits answers for a declared custom step of an account.
	StepLimits func(account, step string) Limits
	// Deliveries is the task queue of the messages to endpoints, apart from everything
	// else: an endpoint that hangs takes no slot of it. Empty: the workflow's own.
	Deliveries string
	// MaxEvents is the length of history above which a run continues as new; 300 if
	// 0. Tests lower it.
	MaxEvents int
}

// Workflows holds the workflow functions and their options.
type Workflows struct{ options Options }

// New returns the workflow functions, to be registered under explicit names.
func New(options Options) *Workflows { return &Workflows{options: options} }

// Package workflows is the interpreter: it receives inputs, calls journey.Apply, runs the
// effects as activities, feeds their answers back, and continues as new. It contains no
// rule about identities; those are in package journey.
//
// One interpreter (interpreter.go) runs journeys (journey.go) and spot checks
// (spotcheck.go). Only its loop changes the state. Signals, lanes and update handlers only
// append to the inbox, so that Apply takes its inputs in the order of the history.
package workflows

import "idjourney/config"

// Limits are the time-outs and retries of one activity. They come from the worker's
// configuration, never from history, so that they can change for running journeys.
type Limits = config.ActivityOptions

// Retry is an activity's retry policy.
type Retry = config.Retry

// Options is what the interpreter takes from the worker's configuration.
type Options struct {
	// Limits returns the limits of one of our own activities, by its name.
	Limits func(activity string) Limits
	// StepLimits returns the limits of a declared custom step of an account.
	StepLimits func(account, step string) Limits
	// Deliveries is the task queue of the messages to endpoints. It is separate so that a
	// hanging endpoint occupies no slot of other work. Empty: the workflow's own queue.
	Deliveries string
	// MaxEvents is the length of history above which a run continues as new; 300 if 0.
	// Tests lower it.
	MaxEvents int
}

// Workflows holds the workflow functions and their options.
type Workflows struct{ options Options }

// New returns the workflow functions, to be registered under explicit names.
func New(options Options) *Workflows { return &Workflows{options: options} }

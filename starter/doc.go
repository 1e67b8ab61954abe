// Package starter is the endpoint that IDWise's webhooks arrive at.
//
// A webhook passes five stations, one file each: the account is looked up and the
// sender proves itself before anything of the body is read (auth.go);
// the body is read within its bounds (webhook.go); it is turned into a row for the
// ledger and, if a journey acts on it, into an event (intake.go); the row is
// written, and only then is the answer 200. A forwarder brings the event to
// Temporal, at once and again until it is taken (signal.go). So Temporal may be
// away and every webhook is still accepted; and while the ledger is away, an event
// that Temporal takes directly counts as kept.
//
// IDWise signs nothing and gives up after some thirty minutes. Hence the two rules
// of the answers: a secret that leaks must do no more harm than a look too many
// (nothing is decided from a body), and a request that could be kept is never
// refused, not even one that nobody understands.
package starter

// Package steps is the contract of custom steps that are written elsewhere: what a
// step is given, what it answers, and how one that is an HTTP service is asked.
//
// A step is anything that judges a person behind a journey: an activity on a task
// queue of its own, or a service over HTTP. It is given no personal data and
// answers none; both sides are JSON Schemas, in the folder schemas.
//
// A service may answer later. It then says 202, and posts its answer to the
// callback URL that it was given. That URL holds a capability: whoever knows it
// may give this one answer and nothing else. The answer is kept, and what the
// journey hears is a hint; it asks again, and finds the answer.
package steps

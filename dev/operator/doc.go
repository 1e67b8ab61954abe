// Package operator holds the tests of what an operator sees and does in Temporal:
// the sentence of every phase, the saved queries, and what reset, terminate,
// cancel, a paused activity and a batch of signals do to a journey. What
// docs/operations.md says of them is asserted here.
package operator

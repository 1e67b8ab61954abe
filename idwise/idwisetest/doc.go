// Package idwisetest is a stand-in for the vendor: its REST API, its webhook sender
// with the retry schedule on a clock that can be scaled, a fault dial, and a control
// API below /control/. Tests run it in process; people run it as a program.
//
// A journey follows a script, chosen by name or by a magic reference ("refer-approve-17"
// follows refer-approve); see [Scripts]. What may happen to a decided journey can also be
// asked for: resubmission, renewal, changes of the AML record, spot checks, decisions that
// are overturned; see [Vendor] and the routes below /control/journeys/{id}/.
//
// Where the vendor's contract is silent, the stand-in's defaults are choices of ours and
// no statement about the vendor. The weightiest: after Complete Custom Step no face is
// taken any more, except that a journey which a reviewer's request for resubmission has
// opened again (it is Incomplete again) takes a face and wants Complete Custom Step again,
// while a renewal is processed without either; and that the rule expired_document fails
// from when a renewal is due until the user submits.
package idwisetest

// Package idwisetest is a stand-in for the vendor: its REST API, its webhook sender with
// the retry schedule on a scalable clock, a fault dial, and a control API below /control/.
// Tests run it in process; people run it as a program.
//
// A journey follows a script, chosen by name or by a magic reference ("refer-approve-17"
// follows refer-approve); see [Scripts]. Events after the decision can also be triggered:
// resubmission, renewal, changes of the AML record, spot checks, overridden decisions; see
// [Vendor] and the routes below /control/journeys/{id}/.
//
// Where the vendor's contract is silent, the stand-in's defaults are our choices and not a
// statement about the vendor. The most important: after Complete Custom Step no face is
// accepted, except that a journey reopened by a reviewer's request for resubmission (it is
// Incomplete again) accepts a face and requires Complete Custom Step again, while a renewal
// is processed without either; and the rule expired_document fails from the time a renewal
// is due until the user submits.
package idwisetest

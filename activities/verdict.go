package activities

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"idjourney/idwise"
	"idjourney/journey"
)

// verdict is the result without direct identifiers: what a journey may store.
func (a *Activities) verdict(r *idwise.Result) journey.Verdict {
	v := journey.Verdict{
		FlowID: clip(r.FlowID), Ended: r.Ended(), EndedAt: r.EndedAt(),
		System: clip(r.SystemDecision), Manual: clip(r.ManualDecision), Final: clip(r.FinalDecision),
		Documents: len(r.Documents), DocumentSteps: clipAll(maps.Keys(r.Documents)), FailedRules: failedRules(r.RuleResults),
		Subject: a.subject(r), Face: face(r), AML: a.aml(r.AML),
	}
	if r.Selfie != nil {
		v.Selfie = clip(r.Selfie.Status)
	}
	return v
}

func failedRules(rules map[string]idwise.RuleResult) []string {
	failed := maps.Clone(rules)
	maps.DeleteFunc(failed, func(_ string, r idwise.RuleResult) bool { return r.Result != "Failed" })
	return clipAll(maps.Keys(failed))
}

// face is the comparison with the submitted government face. Several comparisons
// match only if each does, and the lowest score counts.
func face(r *idwise.Result) *journey.FaceComparison {
	db := r.ScreeningChecks.AdditionalFaceDB
	if db == nil || len(db.FaceMatchResults) == 0 {
		return nil
	}
	all := journey.FaceComparison{Matched: true, Score: 100}
	for _, m := range db.FaceMatchResults {
		all.Matched = all.Matched && m.IsMatched
		all.Score = min(all.Score, m.Score)
	}
	return &all
}

// subject identifies what a custom step judges: the person and the user's own images, not
// the government's.
func (a *Activities) subject(r *idwise.Result) string {
	var parts []string
	if r.Applicant != nil {
		parts = append(parts, r.Applicant.PersonalNumber, r.Applicant.ProfileImagePath)
	}
	for _, step := range slices.Sorted(maps.Keys(r.Documents)) {
		parts = append(parts, step)
		if match := r.Documents[step].FaceMatchResult; match != nil {
			for _, image := range match.Images {
				parts = append(parts, image.ImagePath)
			}
		}
	}
	return a.keyed("subject", parts...)
}

func (a *Activities) aml(from *idwise.AML) journey.AML {
	if from == nil {
		return journey.AML{}
	}
	aml := journey.AML{Applicability: clip(from.Applicability)}
	for _, m := range from.Matches {
		match := a.match(m)
		aml.Version = max(aml.Version, match.Version)
		aml.Matches = append(aml.Matches, match)
	}
	slices.SortFunc(aml.Matches, func(x, y journey.AMLMatch) int { return cmp.Compare(x.ID, y.ID) })
	return a.bounded(aml)
}

// match is a match without the name of the listed person.
func (a *Activities) match(m idwise.AMLMatch) journey.AMLMatch {
	match := journey.AMLMatch{
		ID: clip(cmp.Or(m.MatchID, m.ResourceID)), Datasets: clipAll(slices.Values(m.Datasets)),
		Whitelisted: m.IsWhitelisted, Status: clip(m.MatchStatus),
		Version: m.AMLRecordVersion, MonitorUpdate: clip(m.OngoingMonitorUpdateType),
	}
	if match.ID == "" { // older answers identify a match only by the person
		match.ID = a.keyed("match", append([]string{m.Name}, match.Datasets...)...)
	}
	return match
}

// A journey's stored data is limited, whatever the vendor answers: its state has to fit
// into Temporal's payloads for years.
const (
	maxText    = 128
	maxRules   = 50
	maxMatches = 50
)

// bounded folds the matches beyond the limit into one that stands for all of them: it
// changes when they do, and it is never accepted.
func (a *Activities) bounded(aml journey.AML) journey.AML {
	if len(aml.Matches) <= maxMatches {
		return aml
	}
	var rest []string
	for _, m := range aml.Matches[maxMatches:] {
		rest = append(rest, m.ID, m.Status, m.MonitorUpdate, strconv.FormatBool(m.Whitelisted), strconv.Itoa(m.Version))
	}
	folded := journey.AMLMatch{
		ID: "and-more-" + a.keyed("matches", rest...), Status: fmt.Sprintf("%d more", len(aml.Matches)-maxMatches),
		Version: aml.Version, MonitorUpdate: "unknown",
	}
	aml.Matches = append(aml.Matches[:maxMatches:maxMatches], folded)
	return aml
}

// clipAll sorts texts, and limits their number and lengths.
func clipAll(texts iter.Seq[string]) []string {
	sorted := slices.Sorted(texts)
	sorted = sorted[:min(len(sorted), maxRules)]
	for i := range sorted {
		sorted[i] = clip(sorted[i])
	}
	return sorted
}

func clip(text string) string { return text[:min(len(text), maxText)] }

// keyed is a hash that cannot be reversed by guessing without the key; "" for nothing. The
// purpose separates hashes of the same value that are used for different things.
func (a *Activities) keyed(purpose string, parts ...string) string {
	text := strings.Join(parts, "\x00")
	if strings.Trim(text, "\x00") == "" {
		return ""
	}
	mac := hmac.New(sha256.New, a.key)
	mac.Write([]byte(purpose + "\x00" + text))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

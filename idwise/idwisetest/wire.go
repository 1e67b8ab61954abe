package idwisetest

import (
	"encoding/json"
	"strconv"
	"time"
)

type object = map[string]any

// isoTime is ISO 8601 without a zone, as the vendor writes times.
const isoTime = "2006-01-02T15:04:05.000000"

// result is the journey result, with no field outside the contract.
func (s *state) result(t truth) object {
	r := object{
		"journey_id": s.id, "customer_id": "customer-standin", "flow_id": s.flow,
		"reference_number": orNull(s.reference),
		"start_time":       s.startedAt.UTC().Format(isoTime), "end_time": nullTime(t.endedAt),
		"system_decision": t.system, "manual_decision": orNull(t.manual), "final_decision": t.final(),
		"model_version": "standin", "device_intelligence": object{},
		"documents": object{}, "selfie": nil, "applicant": nil, "rule_results": ruleResults(t),
		"aml":              object{"applicability": "Not Ready Yet", "matches": []object{}},
		"screening_checks": object{},
	}
	if t.phase == PhaseStarted {
		return r
	}
	r["documents"] = object{DocumentStepID: object{
		"face_match_result": s.faceMatch(t, true, 97, "document", "selfie"),
	}}
	r["selfie"] = object{"status": "Complete"}
	r["applicant"] = s.applicant(t)
	r["aml"] = object{"applicability": "Applicable", "matches": matches(t)}
	if t.compared {
		score := 96
		if t.mismatch {
			score = 21
		}
		r["screening_checks"] = object{"additional_face_db": object{
			"image_path":         s.imagePath(t, "custom"),
			"face_match_results": []object{s.faceMatch(t, !t.mismatch, score, "custom", "selfie")},
		}}
	}
	return r
}

func (s *state) applicant(t truth) object {
	return object{
		"applicant_id": "applicant-" + s.id, "full_name": s.person.FullName,
		"personal_number": s.person.PersonalNumber, "birth_date": s.person.BirthDate,
		"profile_image_path": s.imagePath(t, "profile"),
	}
}

// imagePath differs for every submission. The profile is cropped from the document.
func (s *state) imagePath(t truth, source string) string {
	again := map[string]int{"document": t.documents, "profile": t.documents, "selfie": t.selfies}[source]
	path := "images/" + s.id + "/" + source
	if again > 0 {
		path += "-" + strconv.Itoa(again)
	}
	return path
}

func (s *state) faceMatch(t truth, matched bool, score int, sources ...string) object {
	images := make([]object, len(sources))
	for i, source := range sources {
		images[i] = object{"image_path": s.imagePath(t, source), "image_source": source}
	}
	return object{"is_matched": matched, "score": score, "images": images}
}

func matches(t truth) []object {
	all := []object{}
	for _, m := range t.matches {
		all = append(all, object{
			"match_id": m.id, "resource_id": m.resourceID, "score": 92, "name": "Listed Person",
			"countries": []string{}, "datesOfBirth": []string{}, "datasets": m.datasets,
			"aliases": []string{}, "addresses": []string{}, "sex": nil,
			"is_whitelisted": m.whitelisted, "match_status": m.status,
			"aml_record_version": m.version, "ongoing_monitor_update_type": m.update,
		})
	}
	return all
}

func ruleResults(t truth) object {
	results := object{}
	for key, result := range t.rules() {
		results[key] = object{"name": ruleNames[key], "result": result}
	}
	return results
}

// summary is the journey summary, which has no decisions.
func (s *state) summary(t truth) object {
	assessment := "Passed"
	for _, result := range t.rules() {
		if result != "Passed" {
			assessment = "Failed"
		}
	}
	return object{
		"journey_id": s.id, "is_completed": t.phase == PhaseFinished, "step_summaries": s.stepSummaries(t),
		"result": object{"interim_rule_assessment": assessment, "interim_rule_details": ruleResults(t)},
	}
}

// stepSummaries gives step ids as numbers, unlike the webhooks.
func (s *state) stepSummaries(t truth) []object {
	done := func(passed bool) object {
		return object{"has_passed_rules": passed, "is_concluded": true, "status": "Complete"}
	}
	var user, custom any
	if t.phase != PhaseStarted {
		user = done(t.failedRule == "")
	}
	if t.compared {
		custom = done(!t.mismatch)
	}
	step := func(id json.Number, kind, title string, result any) object {
		return object{"definition": object{"step_id": id, "step_type": kind, "step_title": title}, "result": result}
	}
	steps := []object{
		step(DocumentStepID, "Document", "Identity document", user),
		step(SelfieStepID, "Selfie", "Selfie", user),
	}
	if s.waitsForCustomStep() {
		steps = append(steps, step(CustomStepID, "Custom", "Face from the register", custom))
	}
	return steps
}

func nullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(isoTime)
}

package idwise

// DecodeCode says why a webhook cannot be decoded. The set is closed.
type DecodeCode string

// What can be wrong with a webhook as a whole.
const (
	CodeEmpty     DecodeCode = "empty"
	CodeNotJSON   DecodeCode = "not_json"
	CodeNotObject DecodeCode = "not_object"
	CodeNoEvent   DecodeCode = "no_event"
	CodeNoBody    DecodeCode = "no_body"
)

// DecodeError says why a webhook cannot be decoded, with nothing of its content.
type DecodeError struct {
	Code DecodeCode
	msg  string
}

// Error is a sentence without any of the webhook's content.
func (e *DecodeError) Error() string { return e.msg }

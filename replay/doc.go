// Package replay answers, before an upgrade, whether the journeys that are open would
// go on under the new build. It exports their histories ([Exporter]) and replays
// histories against the workflows of this build ([Dir]), without a server.
//
// A journey whose replay fails is not lost in production, but stops at its next event
// until a worker comes that issues the same commands; the replay finds out beforehand.
// Nothing that a history's payloads hold is ever put in words: they are the journey's
// business. Reasons name events, commands and activities only.
package replay

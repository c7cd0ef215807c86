package policies

import "time"

// loadOrder is what an isolated process loads. It reads no files.
type loadOrder struct {
	Sources  []sentSource           `json:"sources"`
	Settings map[string]sentSetting `json:"settings"`
	// BuiltIn says that the built-in rules are asked there, too; Given that the first of the sources stands in for them.
	BuiltIn bool `json:"builtIn"`
	Given   bool `json:"given"`
	// Digest is that of the policies with the checklist: another version of the program has another one.
	Digest  string        `json:"digest"`
	Timeout time.Duration `json:"timeout"` // of one evaluation
	Memory  uint64        `json:"memory"`
}

type sentSource struct {
	Name   string     `json:"name"`
	Prefix string     `json:"prefix"`
	Files  []sentFile `json:"files"`
}

// sentSetting is a RuleSettings.
type sentSetting struct {
	Off        bool                 `json:"off,omitempty"`
	Severity   Severity             `json:"severity,omitempty"`
	Parameters map[string]any       `json:"parameters,omitempty"`
	Places     map[string]sentPlace `json:"places,omitempty"`
}

type sentPlace struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

func sendSettings(settings Settings) map[string]sentSetting {
	out := map[string]sentSetting{}
	for id, set := range settings {
		places := map[string]sentPlace{}
		for key, at := range set.places {
			places[key] = sentPlace{at.file, at.line, at.column}
		}
		out[id] = sentSetting{set.Off, set.Severity, set.Parameters, places}
	}
	return out
}

func receiveSettings(sent map[string]sentSetting) Settings {
	out := Settings{}
	for id, set := range sent {
		places := map[string]place{}
		for key, at := range set.Places {
			places[key] = place{at.File, at.Line, at.Column}
		}
		out[id] = RuleSettings{set.Off, set.Severity, set.Parameters, places}
	}
	return out
}

type sentFile struct {
	Path string `json:"path"`
	Text []byte `json:"text"`
}

// loaded is what an isolated process says of what it has loaded.
type loaded struct {
	Rules []Rule `json:"rules"`
	Off   []Rule `json:"off"`
}

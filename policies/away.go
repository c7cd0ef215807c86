package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"leavercheck/policies/isolate"
)

// Isolation says which policies are parsed, compiled and evaluated in processes of their own, so that one
// that takes all memory or cannot be stopped costs its own verdicts only. The zero value isolates nothing.
type Isolation struct {
	// Command makes the command of a program that does nothing but call Serve.
	Command func() *exec.Cmd
	// BuiltIn isolates the built-in checklist, too.
	BuiltIn bool
}

func (i Isolation) isolates(sources []source) bool {
	return i.Command != nil && (i.BuiltIn || len(sources) > 1)
}

// The time and the memory of an isolated process.
const (
	loadLimit = time.Minute
	// maxIsolated is by how much the heap may grow in one evaluation, where the caller does not say.
	maxIsolated = 512 << 20
)

// away is what it takes to make a process that some of the rules run in.
type away struct {
	command func() *exec.Cmd
	order   loadOrder
}

// loadOrder is what an isolated process loads. It reads no files.
type loadOrder struct {
	Sources  []sentSource           `json:"sources"`
	Settings map[string]sentSetting `json:"settings"`
	// BuiltIn says that the built-in rules are asked there, too.
	BuiltIn bool `json:"builtIn"`
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

// loadAway loads policies without looking into those that are not built in: a process of their own does,
// and says what rules there are.
func loadAway(ctx context.Context, sources []source, opts LoadOptions) (*Set, error) {
	a := &away{command: opts.Isolation.Command, order: loadOrder{
		Settings: sendSettings(opts.Settings), BuiltIn: opts.Isolation.BuiltIn, Memory: maxIsolated,
	}}
	var err error
	if a.order.Digest, err = digestOf(sources); err != nil {
		return nil, err
	}
	for _, source := range sources[1:] {
		files, err := source.read(false)
		if err != nil {
			return nil, err
		}
		sent := sentSource{Name: source.name, Prefix: source.prefix}
		for _, f := range files {
			sent.Files = append(sent.Files, sentFile{f.path, f.text})
		}
		a.order.Sources = append(a.order.Sources, sent)
	}
	process, there, err := a.start(ctx)
	if err != nil {
		return nil, err
	}
	process.Close()

	set := &Set{}
	if !a.order.BuiltIn {
		// What is set for rules that are not here was checked where they are.
		here := maps.Clone(opts.Settings)
		for _, rule := range slices.Concat(there.Rules, there.Off) {
			if !builtIn(rule) {
				delete(here, rule.ID)
			}
		}
		if set, err = load(ctx, sources[:1], here); err != nil {
			return nil, err
		}
	}
	return set, set.adopt(a, there)
}

func builtIn(r Rule) bool { return !strings.HasPrefix(r.Package, rootCustom+".") }

// adopt adds the rules that run elsewhere. Whoever describes them has no say over those that run here.
func (s *Set) adopt(a *away, there loaded) error {
	s.away, s.digest, s.elsewhere = a, a.order.Digest, map[string]bool{}
	for _, rule := range slices.Concat(there.Rules, there.Off) {
		if builtIn(rule) && !a.order.BuiltIn {
			continue
		}
		if slices.ContainsFunc(s.every(), func(r Rule) bool { return r.ID == rule.ID }) {
			return fmt.Errorf("policies: %s:%d: the id %s is already that of another rule", rule.File, rule.Line, rule.ID)
		}
		if rule.Off() {
			s.off = append(s.off, rule)
			continue
		}
		at, _ := slices.BinarySearchFunc(s.rules, rule.ID, func(r Rule, id string) int { return strings.Compare(r.ID, id) })
		s.elsewhere[rule.ID] = true
		s.rules, s.docs = slices.Insert(s.rules, at, rule), slices.Insert(s.docs, at, nil)
	}
	slices.SortFunc(s.off, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return nil
}

// start starts a process and has it load the policies. The error is the policies' where they do not load.
func (a *away) start(ctx context.Context) (*isolate.Process, loaded, error) {
	var there loaded
	order, err := json.Marshal(a.order)
	if err != nil {
		return nil, there, fmt.Errorf("policies: sending policies: %w", err)
	}
	process, err := isolate.Start(a.command())
	if err != nil {
		return nil, there, fmt.Errorf("policies: %w", err)
	}
	reply, err := call(ctx, process, slices.Concat([]byte{askLoad}, order), loadLimit)
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(reply))
		decoder.UseNumber()
		err = decoder.Decode(&there)
	}
	if err != nil {
		process.Close()
		if errors.Is(err, isolate.ErrEnded) {
			err = fmt.Errorf("policies: loading policies: %w", err)
		}
		return nil, there, err
	}
	return process, there, nil
}

// within gives it other bounds than the usual.
func (a *away) within(limit time.Duration, memory uint64) *away {
	other := *a
	other.order.Timeout = limit
	if memory > 0 {
		other.order.Memory = memory
	}
	return &other
}

// call asks and takes the reply apart.
func call(ctx context.Context, process *isolate.Process, request []byte, limit time.Duration) ([]byte, error) {
	reply, err := process.Call(ctx, request, limit)
	switch {
	case err != nil:
		return nil, err
	case len(reply) == 0:
		return nil, errors.New("an isolated process said nothing")
	case reply[0] == saysYes:
		return reply[1:], nil
	case reply[0] == saysBound:
		return nil, boundError(reply[1:])
	}
	return nil, errors.New(string(reply[1:]))
}

// boundError says that an evaluation was ended since it took too much.
type boundError string

func (e boundError) Error() string { return string(e) }

// remote is the asker of rules that run in another process. Where that ends, it makes a new one, and asks
// from then on one rule at a time, so as to know which it was.
type remote struct {
	away     *away
	data     []byte          // the documents of the evaluation
	asked    map[string]bool // the questions that any of its rules answers
	givenUp  *strikes
	process  *isolate.Process // nil until needed
	careful  bool
	breaking []string // see struck
}

func (r *remote) everything(ctx context.Context, question string, input ast.Value) (said, error) {
	if !r.asked[question] {
		return func(string) (answers, error) { return answers{}, nil }, nil
	}
	return orOneByOne(ctx,
		func() (answers, error) {
			if r.careful || r.givenUp.any() {
				return answers{}, errOneByOne
			}
			return r.answers(ctx, askAll, question, input)
		},
		func(rule string) (answers, error) { return r.one(ctx, rule, input) })
}

var errOneByOne = errors.New("rules are asked one by one")

func (r *remote) one(ctx context.Context, rule string, input ast.Value) (answers, error) {
	if r.givenUp.has(rule) {
		return answers{}, errGivenUp
	}
	said, err := r.answers(ctx, askOne, rule, input)
	r.note(rule, err)
	return said, err
}

func (r *remote) looksAtLeaveTime(ctx context.Context, rule string, input ast.Value) (bool, error) {
	if r.givenUp.has(rule) {
		return true, errGivenUp
	}
	reply, err := r.ask(ctx, askTime, rule, input)
	r.note(rule, err)
	return err != nil || len(reply) == 0 || reply[0] != 0, err
}

// newRemote makes an asker; the process itself is made when there is something to ask.
func (e *evaluation) newRemote() *remote {
	r := &remote{away: e.away, data: e.sent, asked: map[string]bool{}, givenUp: e.strikes}
	for _, question := range questions() {
		r.asked[question.name] = slices.ContainsFunc(e.set.rules, func(rule Rule) bool {
			return e.set.elsewhere[rule.ID] && question.asks(rule)
		})
	}
	return r
}

// note remembers who breaks the bounds.
func (r *remote) note(rule string, err error) {
	var over boundError
	if errors.Is(err, isolate.ErrEnded) || errors.As(err, &over) {
		r.breaking = append(r.breaking, rule)
	}
}

func (r *remote) struck() []string {
	out := r.breaking
	r.breaking = nil
	return out
}

func (r *remote) answers(ctx context.Context, kind byte, name string, input ast.Value) (answers, error) {
	reply, err := r.ask(ctx, kind, name, input)
	if err != nil {
		return answers{}, err
	}
	value, err := newPipeReader(reply).whole()
	if err != nil {
		return answers{}, fmt.Errorf("reading the answer: %w", err)
	}
	docs, _ := value.(ast.Object)
	return answers{docs}, nil
}

// ask puts one question.
func (r *remote) ask(ctx context.Context, kind byte, name string, input ast.Value) ([]byte, error) {
	if r.process == nil {
		if err := r.ready(ctx); err != nil {
			return nil, err
		}
	}
	request, err := appendValue(appendText([]byte{kind}, name), input, 0)
	if err != nil {
		return nil, err
	}
	// The process ends an evaluation by itself, if it can.
	reply, err := call(ctx, r.process, request, 2*r.away.order.Timeout+time.Second)
	if errors.Is(err, isolate.ErrEnded) {
		r.careful = true
	}
	if errors.Is(err, isolate.ErrEnded) || ctx.Err() != nil {
		r.close()
	}
	return reply, err
}

// ready makes a process that can be asked.
func (r *remote) ready(ctx context.Context) error {
	process, _, err := r.away.start(ctx)
	if err != nil {
		return err
	}
	if _, err := call(ctx, process, slices.Concat([]byte{askData}, r.data), loadLimit); err != nil {
		process.Close()
		return fmt.Errorf("handing over the tenant's facts: %w", err)
	}
	r.process = process
	return nil
}

func (r *remote) close() {
	if r.process != nil {
		r.process.Close()
	}
	r.process = nil
}

// split asks each rule where it runs.
type split struct {
	here, there asker
	elsewhere   map[string]bool
}

func (s split) of(rule string) asker {
	if s.elsewhere[rule] {
		return s.there
	}
	return s.here
}

func (s split) everything(ctx context.Context, question string, input ast.Value) (said, error) {
	here, err := s.here.everything(ctx, question, input)
	if err != nil {
		return nil, err
	}
	there, err := s.there.everything(ctx, question, input)
	return func(rule string) (answers, error) {
		if s.elsewhere[rule] {
			return there(rule)
		}
		return here(rule)
	}, err
}

func (s split) one(ctx context.Context, rule string, input ast.Value) (answers, error) {
	return s.of(rule).one(ctx, rule, input)
}

func (s split) looksAtLeaveTime(ctx context.Context, rule string, input ast.Value) (bool, error) {
	return s.of(rule).looksAtLeaveTime(ctx, rule, input)
}

func (s split) struck() []string { return s.there.struck() }

// maxStrikes is for how many leavers a rule may break its bounds. A process that has to be made anew for
// every leaver would make a run endless.
const maxStrikes = 5

var errGivenUp = fmt.Errorf("it is not asked any more: it took too much time or memory for %d leavers before", maxStrikes)

// strikes counts how often rules broke their bounds. It counts in the order of the leavers, whatever the
// order in which workers come to them: so a rule is given up at the same leaver in every run.
type strikes struct {
	mu     sync.Mutex
	counts map[string]int
}

func (s *strikes) has(rule string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[rule] >= maxStrikes
}

func (s *strikes) any() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.counts {
		if n >= maxStrikes {
			return true
		}
	}
	return false
}

// inOrder takes back what was said by rules that were given up before this leaver, by a worker that was
// ahead, and counts the leaver's own strikes.
func (s *strikes) inOrder(e *evaluation, one *judged) {
	if s.any() {
		for i, verdict := range one.result.Verdicts {
			rule := e.set.rule(verdict.Rule)
			if !s.has(rule.ID) || !rule.judges(one.who.state) {
				continue
			}
			one.result.Verdicts[i] = e.judge.verdict(rule, one.who, answers{}, errGivenUp)
			one.leaning = slices.DeleteFunc(one.leaning, func(l lean) bool { return l.rule == rule.ID })
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(one.struck)
	for _, rule := range slices.Compact(one.struck) {
		s.counts[rule]++
	}
}

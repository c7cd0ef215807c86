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

// loadAway loads policies without looking into those that are not built in: a process of their own does,
// and says what rules there are.
func loadAway(ctx context.Context, sources []source, opts LoadOptions) (*Set, error) {
	a := &away{command: opts.Isolation.Command, order: loadOrder{
		Settings: sendSettings(opts.Settings), BuiltIn: opts.Isolation.BuiltIn, Given: opts.Given != nil, Memory: maxIsolated,
	}}
	var err error
	if a.order.Digest, err = digestOf(sources); err != nil {
		return nil, err
	}
	var texts [][]file
	for i, source := range sources {
		files, err := source.read(false)
		if err != nil {
			return nil, err
		}
		texts = append(texts, files)
		if i == 0 && !a.order.Given {
			continue // the process has the checklist itself
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
	set.sources = keepSources(sources, texts)
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

// remote is the asker of rules that run in another process. Where that ends, it makes a new one.
type remote struct {
	away     *away
	data     []byte // the documents of the evaluation
	givenUp  *strikes
	process  *isolate.Process // nil until needed
	under    *remoteInquiry   // whose input the process has
	breaking []string         // see struck
}

func (r *remote) about(input ast.Value) inquiry { return &remoteInquiry{r, input} }

func (r *remote) looksAtLeaveTime(ctx context.Context, rule string, input ast.Value) (bool, error) {
	reply, err := (&remoteInquiry{r, input}).put(ctx, askTime, rule)
	return err != nil || len(reply) == 0 || reply[0] != 0, err
}

func (r *remote) struck() []string {
	out := r.breaking
	r.breaking = nil
	return out
}

type remoteInquiry struct {
	*remote
	input ast.Value
}

func (q *remoteInquiry) ask(ctx context.Context, rule string) (answers, error) {
	reply, err := q.put(ctx, askRule, rule)
	if err != nil {
		return nil, err
	}
	value, err := newPipeReader(reply).whole()
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	said := answers{}
	if docs, ok := value.(ast.Object); ok {
		docs.Foreach(func(name, doc *ast.Term) {
			if name, ok := name.Value.(ast.String); ok {
				said[string(name)] = doc.Value
			}
		})
	}
	return said, nil
}

// put puts a question about a rule. The input goes along only if the process does not have it yet.
func (q *remoteInquiry) put(ctx context.Context, kind byte, rule string) ([]byte, error) {
	if q.givenUp.has(rule) {
		return nil, errGivenUp
	}
	if q.process == nil {
		if err := q.ready(ctx); err != nil {
			q.breaking = append(q.breaking, rule) // or it would be tried for every leaver
			return nil, err
		}
	}
	request := appendText([]byte{kind}, rule)
	if q.under != q {
		var err error
		if request, err = appendValue(request, q.input, 0); err != nil {
			return nil, err
		}
		q.under = q
	}
	// The process ends an evaluation by itself, if it can.
	reply, err := call(ctx, q.process, request, 2*q.away.order.Timeout+time.Second)
	if ended := errors.Is(err, isolate.ErrEnded); ended || ctx.Err() != nil {
		q.close()
	}
	if over := boundError(""); errors.Is(err, isolate.ErrEnded) || errors.As(err, &over) {
		q.breaking = append(q.breaking, rule)
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
	r.process, r.under = nil, nil
}

// split asks each rule where it runs.
type split struct {
	here, there asker
	elsewhere   map[string]bool
}

func (s split) about(input ast.Value) inquiry {
	return splitInquiry{s.here.about(input), s.there.about(input), s.elsewhere}
}

func (s split) looksAtLeaveTime(ctx context.Context, rule string, input ast.Value) (bool, error) {
	if s.elsewhere[rule] {
		return s.there.looksAtLeaveTime(ctx, rule, input)
	}
	return s.here.looksAtLeaveTime(ctx, rule, input)
}

func (s split) struck() []string { return s.there.struck() }

type splitInquiry struct {
	here, there inquiry
	elsewhere   map[string]bool
}

func (q splitInquiry) ask(ctx context.Context, rule string) (answers, error) {
	if q.elsewhere[rule] {
		return q.there.ask(ctx, rule)
	}
	return q.here.ask(ctx, rule)
}

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
			one.result.Verdicts[i] = e.judge.verdict(rule, one.who, nil, errGivenUp)
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

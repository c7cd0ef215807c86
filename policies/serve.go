package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"leavercheck/policies/isolate"
)

// What is asked of an isolated process; the first byte of a request.
const (
	askLoad = 'l' // a loadOrder; once, before anything else
	askData = 'd' // a value: the documents for an evaluation
	askRule = 'r' // the id of a rule, and the input if it is another one than last
	askTime = 't' // the same: whether the rule's status is found with a look at the leave time
)

// What it says; the first byte of a reply.
const (
	saysYes   = 'y' // and what was asked for
	saysNo    = 'n' // and why
	saysBound = 'b' // and which bound ended the evaluation
)

// Serve is the whole work of an isolated process: it loads policies and evaluates them, as asked on in, until
// nothing more is asked. See Isolation.
func Serve(in io.Reader, out io.Writer) error {
	if err := isolate.Harden(); err != nil {
		return fmt.Errorf("policies: %w", err)
	}
	var s server
	return isolate.Serve(in, out, s.answer)
}

// server is an isolated process at work.
type server struct {
	order loadOrder
	set   *Set
	asker *local
	input ast.Value
	// inquiry is about the input.
	inquiry inquiry
}

func (s *server) answer(request []byte) []byte {
	reply, err := s.do(request)
	if err == nil {
		return append([]byte{saysYes}, reply...)
	}
	says := byte(saysNo)
	if over := boundError(""); errors.As(err, &over) {
		says = saysBound
	}
	text := err.Error()
	return append([]byte{says}, text[:min(len(text), isolate.MaxAnswer/2)]...)
}

func (s *server) do(request []byte) ([]byte, error) {
	if len(request) == 0 {
		return nil, errors.New("nothing was asked")
	}
	what, rest := request[0], request[1:]
	switch {
	case what == askLoad && s.set == nil:
		return s.load(rest)
	case what == askData && s.set != nil:
		return nil, s.data(rest)
	case s.asker == nil:
		return nil, fmt.Errorf("%q was asked too early", what)
	}
	rule, err := s.question(rest)
	if err != nil {
		return nil, err
	}
	if err := isolate.LimitTime(4 * s.order.Timeout); err != nil {
		return nil, err
	}
	ctx := context.Background() // the parent ends what takes too long
	switch what {
	case askRule:
		said, err := s.inquiry.ask(ctx, rule)
		if err != nil {
			return nil, err
		}
		docs := ast.NewObject()
		for name, value := range said {
			docs.Insert(ast.StringTerm(name), ast.NewTerm(value))
		}
		return appendValue(nil, docs, 0)
	case askTime:
		looked, err := s.asker.looksAtLeaveTime(ctx, rule, s.input)
		if looked {
			return []byte{1}, err
		}
		return []byte{0}, err
	}
	return nil, fmt.Errorf("%q cannot be asked", what)
}

// question reads whom a question is put to, and lays the input before the rules if one comes along.
func (s *server) question(text []byte) (string, error) {
	r := newPipeReader(text)
	rule, err := r.string()
	if err == nil && len(r.text) > 0 {
		s.input, err = r.whole()
		s.inquiry = s.asker.about(s.input)
	}
	if err == nil && s.input == nil {
		err = errors.New("there is no input")
	}
	return rule, err
}

// load loads the policies, within the limits.
func (s *server) load(text []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&s.order); err != nil {
		return nil, fmt.Errorf("reading what to load: %w", err)
	}
	if err := s.limit(); err != nil {
		return nil, err
	}
	if err := isolate.LimitTime(2 * loadLimit); err != nil {
		return nil, err
	}
	var sources []source
	if !s.order.Given {
		sources = append(sources, checklist())
	}
	for _, sent := range s.order.Sources {
		from := source{name: sent.Name, prefix: sent.Prefix}
		for _, f := range sent.Files {
			from.texts = append(from.texts, file{path: f.Path, text: f.Text})
		}
		sources = append(sources, from)
	}
	if len(sources) == 0 {
		return nil, errors.New("there is nothing to load")
	}
	sources[0].ours, sources[0].elsewhere = true, !s.order.BuiltIn
	set, err := load(context.Background(), sources, receiveSettings(s.order.Settings))
	if err != nil {
		return nil, err
	}
	if set.digest != s.order.Digest {
		return nil, errors.New("policies: the program was replaced by another version while it ran")
	}
	s.set = set
	return json.Marshal(loaded{Rules: set.rules, Off: set.off})
}

// limit lets the heap grow by the memory that an evaluation may take. What holds it there while it can is
// the asker's own bound; the system's limit is beyond that, for what no bound sees in time.
func (s *server) limit() error {
	debug.SetMemoryLimit(int64(heap() + s.order.Memory))
	return isolate.LimitMemory(2 * s.order.Memory)
}

// data readies the questions. It is the parent's, and as large as the tenant: the limits are set anew when
// it is there.
func (s *server) data(text []byte) error {
	if err := isolate.LimitMemory(1 << 40); err != nil {
		return err
	}
	value, err := newPipeReader(text).whole()
	if err != nil {
		return fmt.Errorf("reading the documents: %w", err)
	}
	documents, ok := value.(ast.Object)
	if !ok {
		return errors.New("the documents are no object")
	}
	ctx := context.Background()
	store := inmem.NewFromASTObject(documents)
	questions, err := s.set.prepare(ctx, store)
	if err != nil {
		return err
	}
	if s.asker, _, err = s.set.newLocal(ctx, questions, store, documents, s.order.Timeout, heap()+s.order.Memory); err != nil {
		return err
	}
	return s.limit()
}

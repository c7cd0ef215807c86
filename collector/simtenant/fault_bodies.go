package simtenant

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf16"
)

// delivery writes an answer to its connection.
type delivery func(w http.ResponseWriter, r *http.Request, status int, data []byte)

// hugeBody is the size of the answer that nobody should read.
const hugeBody = 1 << 30

// bodies are answers that come, but not as they should.
func bodies() []way {
	delivered := func(name string, rows []int, says string, how delivery) way {
		return way{
			FaultKind: FaultKind{Name: name, Rows: rows, Says: says, Places: lines(), Effect: Passes},
			after: func(_ *strike, a *answer) bool {
				if a.status >= http.StatusMultipleChoices {
					return false // a refusal is not worth it
				}
				a.deliver = how
				return true
			},
		}
	}
	// Instead of an answer that was never made.
	unmade := func(name string, rows []int, says string, how delivery) way {
		return way{
			FaultKind: FaultKind{Name: name, Rows: rows, Says: says, Places: lines(), Effect: Passes},
			instead:   func(*strike) *answer { return &answer{status: http.StatusOK, deliver: how} },
		}
	}
	text := func(name string, rows []int, says, body string) way {
		return way{
			FaultKind: FaultKind{Name: name, Rows: rows, Says: says, Places: []Place{AtRequest, AtEnvelope, AtItem, AtExchange}, Effect: Passes},
			instead: func(s *strike) *answer {
				said := body
				if s.fault.Body != "" {
					said = s.fault.Body
				}
				return &answer{status: http.StatusOK, text: said, header: map[string]string{"Content-Type": "application/json"}}
			},
		}
	}
	empty := unmade("empty-answer", []int{15}, "200 with nothing in it.", nil)
	empty.Places = []Place{AtRequest, AtEnvelope, AtItem, AtExchange}
	return []way{
		empty,
		delivered("no-content-type", []int{15}, "JSON that does not say so.", func(w http.ResponseWriter, _ *http.Request, status int, data []byte) {
			w.Header()["Content-Type"] = nil // keeps net/http from guessing
			whole(w, status, data)
		}),
		delivered("wrong-charset", []int{15}, "JSON in UTF-16.", func(w http.ResponseWriter, _ *http.Request, status int, data []byte) {
			w.Header().Set("Content-Type", "application/json; charset=utf-16")
			wide := []byte{0xff, 0xfe}
			for _, unit := range utf16.Encode([]rune(string(data))) {
				wide = append(wide, byte(unit), byte(unit>>8))
			}
			whole(w, status, wide)
		}),
		text("error-in-200", []int{16}, "200 with an error for a body.", `{"error":{"code":"UnknownError","message":"Something went wrong."}}`),
		delivered("truncated", []int{18}, "Half of the JSON, in an answer that looks whole.", func(w http.ResponseWriter, _ *http.Request, status int, data []byte) {
			whole(w, status, data[:len(data)/2])
		}),
		delivered("short-body", []int{18}, "Fewer bytes than Content-Length says.", func(w http.ResponseWriter, _ *http.Request, status int, data []byte) {
			w.Header().Set("Content-Length", strconv.Itoa(len(data)))
			half(w, status, data)
			hangUp(w, io.ErrUnexpectedEOF)
		}),
		delivered("gzip-cut", []int{18}, "The compressed answer ends half-way.", func(w http.ResponseWriter, _ *http.Request, status int, data []byte) {
			var squeezed bytes.Buffer
			z := gzip.NewWriter(&squeezed)
			_, _ = z.Write(data) // to memory
			_ = z.Close()
			w.Header().Set("Content-Encoding", "gzip")
			whole(w, status, squeezed.Bytes()[:squeezed.Len()/2])
		}),
		unmade("reset", []int{19}, "The connection is reset before an answer.", func(w http.ResponseWriter, _ *http.Request, _ int, _ []byte) {
			reset(w)
		}),
		delivered("reset-in-body", []int{19}, "The connection is reset in the middle of the answer.", func(w http.ResponseWriter, _ *http.Request, status int, data []byte) {
			w.Header().Del("Content-Length")
			half(w, status, data)
			hangUp(w, errReset())
		}),
		unmade("goaway", []int{21}, "The server says GOAWAY and drops the request.", func(w http.ResponseWriter, _ *http.Request, _ int, _ []byte) {
			w.Header().Set("Connection", "close") // over HTTP/2: GOAWAY
			hangUp(w, errors.New(`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug=""`))
		}),
		delivered("stream-reset", []int{21}, "RST_STREAM in the middle of the answer.", func(w http.ResponseWriter, _ *http.Request, status int, data []byte) {
			half(w, status, data)
			hangUp(w, errors.New("stream error: stream ID 1; INTERNAL_ERROR; received from peer"))
		}),
		unmade("silence", []int{22}, "No answer, until the client gives up.", func(w http.ResponseWriter, r *http.Request, _ int, _ []byte) {
			<-r.Context().Done()
			hangUp(w, r.Context().Err())
		}),
		delivered("slow-drip", []int{22}, "The answer comes a byte every ten seconds.", func(w http.ResponseWriter, r *http.Request, status int, data []byte) {
			w.WriteHeader(status)
			for _, b := range data {
				if _, err := w.Write([]byte{b}); err != nil || !wait(r, 10*time.Second) {
					return
				}
				flush(w)
			}
		}),
		unmade("huge-body", []int{23}, "A body of a gigabyte.", func(w http.ResponseWriter, r *http.Request, status int, _ []byte) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"value":["`)
			padding := bytes.Repeat([]byte("x"), 1<<20)
			for sent := 0; sent < hugeBody && r.Context().Err() == nil; sent += len(padding) {
				if _, err := w.Write(padding); err != nil {
					return // the client has had enough
				}
			}
			_, _ = io.WriteString(w, `"]}`)
		}),
		unmade("deep-nesting", []int{23}, "JSON nested a hundred thousand deep.", func(w http.ResponseWriter, _ *http.Request, status int, _ []byte) {
			const deep = 100_000
			w.Header().Set("Content-Type", "application/json")
			whole(w, status, []byte(`{"value":`+strings.Repeat("[", deep)+strings.Repeat("]", deep)+"}"))
		}),
		text("duplicate-keys", []int{23}, "200 with value twice.", `{"value":[],"value":[]}`),
		unmade("invalid-utf8", []int{23}, "JSON with bytes that are no UTF-8.", func(w http.ResponseWriter, _ *http.Request, status int, _ []byte) {
			w.Header().Set("Content-Type", "application/json")
			whole(w, status, []byte("{\"value\":[{\"id\":\"\xff\xfe\"}]}"))
		}),
	}
}

// whole writes a body that is as long as it says.
func whole(w http.ResponseWriter, status int, data []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(status)
	_, _ = w.Write(data) // a client that is gone needs no answer
}

// half writes the first half of a body and sees it off.
func half(w http.ResponseWriter, status int, data []byte) {
	w.WriteHeader(status)
	_, _ = w.Write(data[:len(data)/2])
	flush(w)
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() } // in memory there is nothing to flush

// hangUp ends the exchange. In memory the client gets err; over a network what comes of a connection that is dropped.
func hangUp(w http.ResponseWriter, err error) {
	if m, ok := w.(*memory); ok {
		m.broken = err
	}
	panic(http.ErrAbortHandler)
}

// reset drops the connection without a goodbye, where the protocol has connections of their own.
func reset(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		inner := conn
		if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
			inner = secure.NetConn()
		}
		if tcp, ok := inner.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // closing sends RST
		}
		_ = inner.Close()
		return
	}
	hangUp(w, errReset())
}

func errReset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// wait lets time pass; false when the client has gone.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return r.Context().Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

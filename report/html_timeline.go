package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"leavercheck/policies"
)

// htmlTimeline is what is known to have happened to an account, and what is still to come: a drawing, and the same as a
// list, whose numbers the drawing bears.
type htmlTimeline struct {
	Events        []htmlEvent
	Dots          []htmlDots
	Ticks         []htmlTick
	Width, Height int
	Left, Now     int // places of leaving and of collecting
}

// Since is how wide the time from leaving to collecting is.
func (t htmlTimeline) Since() int { return max(t.Now-t.Left, 0) }

// htmlEvent is a point in time. Class is one of left, done, seen, now, due, lost.
type htmlEvent struct {
	N           int
	At          time.Time
	When        string
	Class, Text string
	X, Y        int
}

// Loud says that the event is one to look for.
func (e htmlEvent) Loud() bool { return e.Class == "left" || e.Class == "lost" }

// htmlDots are the points of one class, as one line of the drawing.
type htmlDots struct{ Class, Path string }

// htmlTick is a date on the axis.
type htmlTick struct {
	X    int
	Text string
}

// maxEvents bounds the points of one timeline: those around leaving are kept.
const maxEvents = 40

// timeline draws the events that the evidence of every verdict on a leaver holds; nil for somebody who is not judged.
func (h *htmlReport) timeline(leaver policies.LeaverResult) *htmlTimeline {
	if len(leaver.Verdicts) == 0 {
		return nil
	}
	who, now := leaver.Leaver, h.run.JudgedAsOf()
	found := map[htmlEvent]bool{}
	add := func(at time.Time, class, text string) {
		if at.Year() > 1 {
			found[htmlEvent{At: at.UTC().Truncate(time.Minute), Class: class, Text: text}] = true
		}
	}
	for _, v := range leaver.Verdicts {
		for _, e := range v.Evidence {
			walkTimes(e.Fact, e.Values, add)
		}
		for _, finding := range v.Findings {
			walkTimes("finding", map[string]any(finding), add)
		}
		if v.Status == policies.Fail || v.Status == policies.Pending || v.Status == policies.Unknown {
			add(v.Deadline, "lost", "Data is lost: "+v.Rule)
			if v.Status != policies.Unknown {
				add(v.Due, "due", "Grace ends: "+v.Rule)
			}
		}
	}
	switch {
	case who.LeftAt.IsZero():
		add(who.LeftBy, "left", "Left by then; when is not known")
	case who.LeftAt.Equal(who.LeftBy):
		add(who.LeftAt, "left", "Left")
	default:
		add(who.LeftAt, "left", "Left: the day begins")
		add(who.LeftBy, "left", "Left: the day ends")
	}
	add(now, "now", "Collected")
	t := &htmlTimeline{Events: together(slices.Collect(maps.Keys(found)))}
	if more := len(t.Events) - maxEvents; more > 0 {
		t.Events = nearest(t.Events, cmp.Or(who.LeftAt, who.LeftBy))
		t.Events[len(t.Events)-1].Text += " (" + count(more, "further event is", "further events are") + " only in the result)"
	}
	t.draw(cmp.Or(who.LeftAt, who.LeftBy), now)
	return t
}

// together makes one event of what happened at the same time by the same word: the grace of several rules ends at once.
func together(events []htmlEvent) []htmlEvent {
	slices.SortFunc(events, func(a, b htmlEvent) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Text, b.Text))
	})
	var out []htmlEvent
	for _, e := range events {
		if n := len(out); n > 0 && out[n-1].At.Equal(e.At) {
			before, one, ok := strings.Cut(out[n-1].Text, ": ")
			word, two, both := strings.Cut(e.Text, ": ")
			if ok && both && before == word && one != two {
				out[n-1].Text += ", " + two
				continue
			}
		}
		out = append(out, e)
	}
	return out
}

// nearest keeps the events around a time, in their order.
func nearest(events []htmlEvent, to time.Time) []htmlEvent {
	far := func(e htmlEvent) time.Duration { return max(e.At.Sub(to), to.Sub(e.At)) }
	kept := slices.Clone(events)
	slices.SortStableFunc(kept, func(a, b htmlEvent) int { return cmp.Compare(far(a), far(b)) })
	kept = kept[:maxEvents]
	slices.SortStableFunc(kept, func(a, b htmlEvent) int { return a.At.Compare(b.At) })
	return kept
}

// draw places the events. The axis goes from a little before leaving to what is last of what lies near; what is
// farther away stands at its end, and the list has its date.
func (t *htmlTimeline) draw(left, now time.Time) {
	const (
		width, margin, top = 960, 16, 34
		size, row          = 20, 22
		rows               = 5
		day                = 24 * time.Hour
		ahead              = 60 * day
	)
	from, to := left.Add(-2*day), now
	for _, e := range t.Events {
		if e.At.After(to) && e.At.Before(now.Add(ahead)) {
			to = e.At
		}
	}
	span := max(to.Sub(from), 2*day)
	from, to = from.Add(-span/40), to.Add(span/40)
	span = to.Sub(from)
	place := func(at time.Time) int {
		share := float64(at.Sub(from)) / float64(span)
		return margin + int(min(max(share, 0), 1)*(width-2*margin))
	}
	t.Width, t.Left, t.Now = width, place(left), place(now)
	lastIn := [rows]int{}
	for i := range lastIn {
		lastIn[i] = -size
	}
	lowest, dots := 0, map[string]string{}
	for i := range t.Events {
		e := &t.Events[i]
		e.N, e.When, e.X = i+1, minute(e.At), place(e.At)
		// What would cover another point stands below it, or, where it is crowded, a little later.
		at := slices.IndexFunc(lastIn[:], func(last int) bool { return e.X-last >= size })
		if at < 0 {
			at = slices.Index(lastIn[:], slices.Min(lastIn[:]))
			e.X = lastIn[at] + size
		}
		lastIn[at] = e.X
		lowest = max(lowest, at)
		// The number stands on a line a little below the middle of its point.
		y := top + at*row
		e.Y = y + 4
		dots[e.Class] += fmt.Sprintf("M%d %dh0", e.X, y)
	}
	for _, class := range slices.Sorted(maps.Keys(dots)) {
		t.Dots = append(t.Dots, htmlDots{class, dots[class]})
	}
	t.Height = top + lowest*row + size/2 + 4
	step := day
	for _, longer := range []time.Duration{2 * day, 7 * day, 14 * day, 30 * day, 90 * day, 365 * day} {
		if span/step > 10 {
			step = longer
		}
	}
	for at := from.Truncate(day).Add(day); at.Before(to) && len(t.Ticks) < 16; at = at.Add(step) {
		if x := place(at); x < width-60 {
			t.Ticks = append(t.Ticks, htmlTick{x, at.Format("Jan 2")})
		}
	}
}

// walkTimes finds the times in values that are known to be those of an event.
func walkTimes(path string, value any, add func(at time.Time, class, text string)) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			walkTimes(path+"."+key, v[key], add)
		}
		// A device's action says by name what was done.
		if name, ok := v["actionName"].(string); ok {
			if began, ok := timeOf(v["startDateTime"]); ok {
				add(began, "done", "Device: "+bounded(name, 40)+" begun")
			}
			if ended, ok := timeOf(v["lastUpdatedDateTime"]); ok {
				state, _ := v["actionState"].(string)
				add(ended, "done", "Device: "+bounded(name, 40)+" "+bounded(state, 40))
			}
		}
	case []any:
		for _, element := range v {
			walkTimes(path, element, add)
		}
	case string:
		class, text := eventOf(path)
		if at, ok := timeOf(v); ok && text != "" {
			add(at, class, text)
		}
	}
}

func timeOf(value any) (time.Time, bool) {
	text, _ := value.(string)
	at, err := time.Parse(time.RFC3339Nano, text)
	return at, err == nil
}

// eventOf says what the time at a place of the evidence is the time of, nothing for what is no event.
func eventOf(path string) (class, text string) {
	const done, seen = "done", "seen"
	for ; path != ""; _, path, _ = strings.Cut(path, ".") {
		switch path {
		case "audits.disabled.activityDateTime":
			return done, "Sign-in blocked"
		case "audits.changes", "lastPasswordChangeDateTime":
			return done, "Password changed"
		case "audits.revocations", "signInSessionsValidFromDateTime":
			return done, "Sessions revoked"
		case "audits.licenceRemovals", "removedDateTime":
			return done, "Licence removed"
		case "audits.deleted.activityDateTime", "deletedDateTime":
			return done, "Account deleted"
		case "LitigationHoldDate":
			return done, "Litigation hold set"
		case "WhenSoftDeleted":
			return done, "Mailbox soft-deleted"
		case "DeviceWipeRequestTime", "AccountOnlyDeviceWipeRequestTime":
			return done, "Phone: wipe requested"
		case "DeviceWipeSentTime", "AccountOnlyDeviceWipeSentTime":
			return done, "Phone: wipe sent"
		case "DeviceWipeAckTime", "AccountOnlyDeviceWipeAckTime":
			return done, "Phone: wipe confirmed"
		case "LastSuccessSync":
			return seen, "Phone last synchronised"
		case "lastSuccessfulSignInDateTime":
			return seen, "Last successful sign-in"
		case "finding.firstDateTime":
			return seen, "First sign-in after leaving"
		case "finding.lastDateTime":
			return seen, "Last sign-in after leaving"
		}
	}
	return "", ""
}
